"""The job as the caller wrote it, checked before anything heavy is loaded.

Protocol 1. A job is a folder: `job.json` goes in; `steps.jsonl`, `status.json`, `checkpoints/` and `model/` come out.
Every file is written so that a reader never sees half of it: lines are appended whole and synced, documents replace each other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

PROTOCOL = 1


class JobError(Exception):
    """Why a job cannot be done: a short code (`base-model`, `adapter`, `template`, `too-long`, `preflight`, `nan-loss`, `out-of-memory`, `disk-full`,
    `worker-lost`, `download`, `invalid-input`, `unsupported`) and a message that says what was expected, what came, what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Example:
    """A training record; the loss is taken over the completion only."""

    id: str
    prompt: str
    completion: str


@dataclass(frozen=True)
class Lora:
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    target_modules: str | list[str] = "all-linear"


@dataclass(frozen=True)
class Optimiser:
    learning_rate: float
    #: Steps of linear warm-up counted in global steps; constant afterwards, so that signals of different steps compare.
    warmup_steps: int
    #: Largest L2 norm of a gradient; the reported norm is the one before clipping.
    max_grad_norm: float
    weight_decay: float


@dataclass(frozen=True)
class Mask:
    """Which suspected label errors are left out of the loss.

    `gap`: rows whose mean log-probability of the best token exceeds that of the target by more than `threshold` nats per token.
    `trim`: the `share` of rows with the highest loss in each batch.
    """

    rule: Literal["none", "gap", "trim"] = "none"
    threshold: float = 1.5
    share: float = 0.1
    #: Global steps before the mask begins: an untrained student disagrees with everything.
    warm_steps: int = 0
    #: Ids of examples that are never left out.
    exempt: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Job:
    job_name: str
    examples: list[Example]
    #: One list of ids per optimiser step, in order.
    batches: list[list[str]]
    #: Rows of the largest batch.
    batch_size: int
    #: Global number of the first step, counted from 1 across rounds.
    first_step: int
    #: A folder, or a name on the hub, of the model everything began from.
    base_model: str
    #: A model this trainer made (`model/` of an earlier job); None for the base model itself.
    continue_from: str | None
    method: Literal["full", "lora", "qlora"]
    optimiser: Optimiser
    #: Longest example in tokens, end-of-answer token included.
    max_length: int
    #: What happens to a longer example: its answer is cut and that is counted, or the job is refused.
    too_long: Literal["truncate", "refuse"]
    #: Rows a device takes at once; the rest of a batch is accumulated.
    rows_per_device: int
    precision: Literal["auto", "bf16", "fp32"]
    gradient_checkpointing: bool
    checkpoint_every_steps: int
    random_seed: int
    #: Whether names may be looked up on the hub; off, only folders are opened.
    may_download: bool
    #: How prompt and answer become one text: the tokenizer's chat template, none (`plain`: prompt, answer, end), or a Jinja file.
    chat_template: str
    #: Whether the optimiser's moments go on from the earlier job as well.
    keep_optimiser: bool
    lora: Lora = field(default_factory=Lora)
    mask: Mask = field(default_factory=Mask)
    #: What is told of each row beyond losses and gaps: `error`.
    measures: tuple[str, ...] = ()


def read_job(folder: Path) -> Job:
    """Reads `job.json`. Raises JobError `invalid-input` naming what is wrong."""
    path = folder / "job.json"
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JobError("invalid-input", f"{path}: cannot be read as JSON: {error}") from error
    protocol = value.get("protocol")
    if protocol != PROTOCOL:
        raise JobError("unsupported", f"{path}: protocol {protocol}, this trainer speaks {PROTOCOL}. Run: sedi trainer setup python")
    try:
        job = Job(
            job_name=value["jobName"],
            examples=[Example(str(one["id"]), one["prompt"], one["completion"]) for one in value["examples"]],
            batches=value["batches"],
            batch_size=value["batchSize"],
            first_step=value["firstStep"],
            base_model=value["baseModel"],
            continue_from=value.get("continueFrom"),
            method=value["method"],
            optimiser=Optimiser(
                value["optimiser"]["learningRate"],
                value["optimiser"]["warmupSteps"],
                value["optimiser"]["maxGradNorm"],
                value["optimiser"]["weightDecay"],
            ),
            max_length=value["maxLengthTokens"],
            too_long=value["tooLong"],
            rows_per_device=value["rowsPerDevice"],
            precision=value["precision"],
            gradient_checkpointing=value["gradientCheckpointing"],
            checkpoint_every_steps=value["checkpointEverySteps"],
            random_seed=value["randomSeed"],
            may_download=value["mayDownload"],
            chat_template=value["chatTemplate"],
            keep_optimiser=value["keepOptimiser"],
            lora=_lora(value.get("lora") or {}),
            mask=_mask(value.get("mask") or {}),
            measures=tuple(value.get("measures") or ()),
        )
    except (KeyError, TypeError) as error:
        raise JobError("invalid-input", f"{path}: {error!r} is missing or of another kind than protocol {PROTOCOL} says") from error
    _check(job)
    return job


def _lora(value: dict[str, Any]) -> Lora:
    given = {"rank": "rank", "alpha": "alpha", "dropout": "dropout", "targetModules": "target_modules"}
    return Lora(**{name: value[key] for key, name in given.items() if key in value})


def _mask(value: dict[str, Any]) -> Mask:
    given = {"rule": "rule", "threshold": "threshold", "share": "share", "warmSteps": "warm_steps"}
    return Mask(**{name: value[key] for key, name in given.items() if key in value}, exempt=frozenset(value.get("exempt") or ()))


def _check(job: Job) -> None:
    known = {example.id for example in job.examples}
    if len(known) != len(job.examples):
        raise JobError("invalid-input", "two examples have the same id")
    for number, batch in enumerate(job.batches, start=1):
        unknown = [one for one in batch if one not in known]
        if unknown:
            raise JobError("invalid-input", f"batch {number} names {unknown[0]}, which is not among the examples")
        if not 1 <= len(batch) <= job.batch_size:
            raise JobError("invalid-input", f"batch {number} has {len(batch)} rows, expected 1 to {job.batch_size}")
    untellable = [one for one in job.measures if one != "error"]
    if untellable:
        raise JobError("unsupported", f"measure {untellable[0]} of rows is not known, expected error. Run: sedi trainer setup python")
    if not job.batches:
        raise JobError("invalid-input", "there are no batches")
