"""One job from its folder to its model: claim, load, resume, train, save."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .encode import encode_all
from .errors import explain
from .files import LineLog, read_lines, replace_json
from .job import PROTOCOL, Job, JobError, read_job

#: A file whose time is renewed this often says that the process lives.
HEARTBEAT_SECONDS = 1.0
#: Written into a checkpoint last: without it the checkpoint was cut short by a crash.
COMPLETE = "complete"


def train(folder: Path) -> int:
    """Does the job, or goes on with it. Returns 0 when it succeeded; what became of it is in `status.json` either way."""
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        if _is_main():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return 0  # another process does it already
        status = Status(folder)
        try:
            job = read_job(folder)
            status.say("running", total=len(job.batches), processes=int(os.environ.get("WORLD_SIZE", "1")))
            model = finished_model(job, folder)
            if model is None:
                _look_first(folder, status)
                model = _carry_out(job, folder, status)
            status.say("succeeded", model=model)
            return 0
        except BaseException as error:  # noqa: BLE001 - whatever ends the job is written down
            if _is_main():
                # Where the disk is full, this is what makes room to say so.
                _remove_halves(folder)
            status.say("failed", error=explain(error))
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            return 1
        finally:
            status.close()


class Status:
    """`status.json`, written by the first process only, and a heartbeat beside it."""

    def __init__(self, folder: Path):
        self._path = folder / "status.json"
        self._alive = folder / "alive"
        self._value: dict[str, Any] = {"protocol": PROTOCOL, "state": "queued", "pid": os.getpid(), "stepsDone": 0, "warnings": []}
        self._stop = threading.Event()
        if _is_main():
            threading.Thread(target=self._beat, daemon=True).start()

    def say(self, state: str, **fields: Any) -> None:
        self._value |= {"state": state, **fields}
        if _is_main():
            replace_json(self._path, self._value)

    def step(self, done: int) -> None:
        self._value["stepsDone"] = done

    def warn(self, *messages: str) -> None:
        new = [message for message in messages if message not in self._value["warnings"]]
        if new:
            self.say(self._value["state"], warnings=[*self._value["warnings"], *new])

    def _beat(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(OSError):  # a full disk is for the job itself to meet
                self._alive.write_text(f"{os.getpid()} {self._value['stepsDone']}\n", encoding="utf-8")
            self._stop.wait(HEARTBEAT_SECONDS)

    def close(self) -> None:
        self._stop.set()


def _is_main() -> bool:
    return os.environ.get("RANK", "0") == "0"


def finished_model(job: Job, folder: Path) -> dict[str, str] | None:
    """What an earlier start of the job made, if every step of it is told; else it is not taken for finished."""
    done = folder / "model"
    if not (done / "sedi-model.json").exists():
        return None
    if told_steps(folder / "steps.jsonl", job) == len(job.batches):
        return json.loads((done / "sedi-model.json").read_text(encoding="utf-8"))
    if _is_main():
        shutil.rmtree(done)
    return None


def told_steps(log: Path, job: Job) -> int:
    """Steps of the log from the first one on without a gap."""
    told = {line.get("step") for line in read_lines(log)}
    return next((at for at in range(len(job.batches)) if job.first_step + at not in told), len(job.batches))


def _look_first(folder: Path, status: Status) -> None:
    """Before anything is downloaded or loaded: what would end the job later."""
    from .preflight import look

    if not _is_main():
        return
    report = look(folder)
    status.warn(*report["warnings"])
    if report["problems"]:
        raise JobError("preflight", "; ".join(report["problems"]))


def _remove_halves(folder: Path) -> None:
    """Checkpoints and models that are not whole."""
    for path in (folder / "checkpoints").glob("checkpoint-*"):
        if not (path / COMPLETE).exists():
            shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(folder / "model.new", ignore_errors=True)


def _carry_out(job: Job, folder: Path, status: Status) -> dict[str, str]:
    # Heavy: imported only once the job is known to be readable.
    import transformers

    from .models import load_model, load_tokenizer, save_model
    from .trainer import ComposedTrainer, RowCollator, StepSignals

    done = folder / "model"
    transformers.logging.set_verbosity_error()
    transformers.set_seed(job.random_seed)
    tokenizer = load_tokenizer(job)
    rows, warnings = encode_all(job, tokenizer)
    status.warn(*warnings)
    position = {row.id: at for at, row in enumerate(rows)}
    steps = [[position[one] for one in batch] for batch in job.batches]
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    per_device = min(job.rows_per_device, -(-job.batch_size // processes))
    accumulation = -(-job.batch_size // (per_device * processes))

    checkpoints = folder / "checkpoints"
    # A checkpoint beyond the first gap of the log would leave the gap for good.
    resume = newest_checkpoint(checkpoints, told_steps(folder / "steps.jsonl", job))
    log = StepLog(folder / "steps.jsonl", status) if _is_main() else None

    def on_step(signals: StepSignals) -> None:
        if log is not None:
            log.write(signals)
        status.step(signals.step - job.first_step + 1)

    trainer = ComposedTrainer(
        job,
        rows,
        steps,
        on_step,
        model=load_model(job, tokenizer),
        args=training_arguments(job, checkpoints, per_device, accumulation),
        processing_class=tokenizer,
        data_collator=RowCollator(rows, tokenizer.pad_token_id),
        callbacks=[_complete_checkpoints()],
    )
    if resume is None and job.continue_from is not None and job.keep_optimiser:
        _continue_optimiser(trainer, Path(job.continue_from), status)
    trainer.train(resume_from_checkpoint=None if resume is None else str(resume))
    if log is not None:
        log.close()
    model = save_model(trainer, job, tokenizer, done) if _is_main() else {}
    trainer.accelerator.wait_for_everyone()
    if _is_main():
        shutil.rmtree(checkpoints, ignore_errors=True)
    return model


def training_arguments(job: Job, checkpoints: Path, per_device: int, accumulation: int):
    """TRL's settings for a job."""
    import torch
    from trl import SFTConfig

    return SFTConfig(
        output_dir=str(checkpoints),
        max_steps=len(job.batches),
        per_device_train_batch_size=per_device,
        gradient_accumulation_steps=accumulation,
        learning_rate=job.optimiser.learning_rate,
        weight_decay=job.optimiser.weight_decay,
        max_grad_norm=job.optimiser.max_grad_norm,
        optim="adamw_torch",
        loss_type="nll",
        max_length=None,
        packing=False,
        bf16=uses_bf16(job, torch),
        use_cpu=not torch.cuda.is_available(),
        gradient_checkpointing=job.gradient_checkpointing,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=job.checkpoint_every_steps,
        save_total_limit=2,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        seed=job.random_seed,
        dataset_kwargs={"skip_prepare_dataset": True},
    )


def uses_bf16(job: Job, torch) -> bool:
    return job.precision == "bf16" or (job.precision == "auto" and torch.cuda.is_available() and torch.cuda.is_bf16_supported())


def _continue_optimiser(trainer, earlier: Path, status: Status) -> None:
    import torch

    path = earlier / "optimizer.pt"
    if not path.exists():
        status.warn(f"the optimiser of {earlier} was not kept: its moments begin anew")
        return
    trainer.create_optimizer()
    state = torch.load(path, map_location="cpu", weights_only=True)
    # What is learned goes on; how it is learned is this job's.
    state["param_groups"] = trainer.optimizer.state_dict()["param_groups"]
    trainer.optimizer.load_state_dict(state)


def _complete_checkpoints():
    from transformers import TrainerCallback

    class CompleteCheckpoints(TrainerCallback):
        """Marks a checkpoint once everything in it is on disk."""

        def on_save(self, args, state, control, **_):
            if not _is_main():
                return
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            for path in folder.iterdir():
                if path.is_file():
                    sync(path)
            (folder / COMPLETE).write_text("", encoding="utf-8")
            sync(folder / COMPLETE)
            sync(folder)

    return CompleteCheckpoints()


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def newest_checkpoint(folder: Path, at_most: int) -> Path | None:
    """The newest one that was written whole, of those after at most so many steps."""
    steps = {int(path.name.rsplit("-", 1)[1]): path for path in folder.glob("checkpoint-*") if (path / COMPLETE).exists()}
    return steps.get(max((step for step in steps if step <= at_most), default=0))


class StepLog:
    """`steps.jsonl`: each step once. One that is trained again after a crash keeps its first line; whether it differs is said."""

    def __init__(self, path: Path, status: Status):
        self._status = status
        self._known = {line["step"]: line for line in read_lines(path)}
        self._log = LineLog(path)
        self._last = time.monotonic()

    def write(self, signals) -> None:
        now = time.monotonic()
        line = {_camel(key): value for key, value in asdict(signals).items() if value is not None} | {"seconds": round(now - self._last, 4)}
        self._last = now
        before = self._known.get(signals.step)
        if before is None:
            self._log.write(line)
        elif abs(before["loss"] - line["loss"]) > 1e-6 * max(1.0, abs(before["loss"])) or before["exampleIds"] != line["exampleIds"]:
            self._status.warn(
                f"step {signals.step} was trained again after an interruption and gave loss {line['loss']:.8g} instead of {before['loss']:.8g}; the first figures stay"
            )

    def close(self) -> None:
        self._log.close()


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def digest_of(folder: Path) -> str:
    """SHA-256 over the weights, file by file in order of name."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(path.name.encode())
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
