"""TRL's SFTTrainer on exactly our batches, with the signals of every row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable

import torch
from datasets import Dataset
from peft import PeftModel
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from trl import SFTTrainer

from .batches import FILLER, StepSampler
from .encode import IGNORED, Row
from .job import Job, JobError
from .signals import RowSignals, Targets, add_token_signals, row_signals


@dataclass(frozen=True)
class StepSignals:
    """What one optimiser step told; ids in batch order."""

    step: int
    example_ids: list[str]
    #: Mean negative log-likelihood per target token over the batch, nats; masked rows included.
    loss: float
    #: L2 norm of the gradient of the mean loss over the rows that were kept, before clipping.
    grad_norm: float
    learning_rate: float
    target_tokens: int
    #: Means per target token of each row; 0 where a row has none.
    example_losses: list[float]
    example_gaps: list[float]
    #: Mean ‖softmax − one-hot‖₂ per target token of each row; None where the job does not ask.
    example_errors: list[float] | None
    #: Whether a row was left out of the loss; None where the job has no mask.
    masked: list[bool] | None


class RowCollator:
    """Pads rows at the right to the longest of a pass, and says where its targets are."""

    def __init__(self, rows: list[Row], pad: int):
        self.rows = rows
        self.pad = pad

    def __call__(self, places: list[dict[str, int]]) -> dict[str, Any]:
        chosen = [place["row"] for place in places]
        rows = [self.rows[one] if one != FILLER else Row("", [self.pad], [IGNORED], False) for one in chosen]
        length = max(len(row.tokens) for row in rows)
        padded = lambda values, filler: torch.tensor([[*one, *[filler] * (length - len(one))] for one in values])  # noqa: E731
        labels = padded([row.labels for row in rows], IGNORED)
        row, place = (labels[:, 1:] != IGNORED).nonzero(as_tuple=True)
        return {
            "input_ids": padded([row.tokens for row in rows], self.pad),
            "attention_mask": padded([[1] * len(row.tokens) for row in rows], 0),
            "labels": labels,
            # Position t predicts token t + 1.
            "target_places": row * length + place,
            "target_tokens": labels[row, place + 1],
            # A list stays on this side: reading it never waits for the device.
            "rows": chosen,
        }


class Places(torch.utils.data.Dataset):
    """The data set a sampler of row numbers draws from; FILLER is a row too."""

    def __init__(self, length: int):
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, row: int) -> dict[str, int]:
        return {"row": row}


class ComposedTrainer(SFTTrainer):
    """Trains on the steps of a job, in order, and hands each step's signals to `on_step`."""

    def __init__(self, job: Job, rows: list[Row], steps: list[list[int]], on_step: Callable[[StepSignals], None], **arguments: Any):
        # TRL wants a data set of its own kind to begin with; nothing is read from it.
        super().__init__(train_dataset=Dataset.from_dict({"input_ids": [rows[0].tokens], "labels": [rows[0].labels]}), **arguments)
        self.train_dataset = Places(len(rows))
        self.job = job
        self.rows = rows
        self.steps = steps
        self.on_step = on_step
        # The loss below is normalised over the whole step already.
        self.model_accepts_loss_kwargs = True
        add_token_signals(self.model.get_base_model() if isinstance(self.model, PeftModel) else self.model, "error" in job.measures)
        #: For each pass of the step: its rows, and (4, N) on the device: nll, gap, error, whether masked.
        self._passes: list[tuple[list[int], torch.Tensor]] = []
        self._trimmed: set[int] = set()

    def get_train_dataloader(self) -> DataLoader:
        """Not prepared by accelerate, which would deal the passes out anew: each process makes its own."""
        processes, rank = self.accelerator.num_processes, self.accelerator.process_index
        sampler = StepSampler(self.steps, self.args.per_device_train_batch_size, self.args.gradient_accumulation_steps, processes, rank)
        return DataLoader(self.train_dataset, batch_sampler=sampler, collate_fn=self.data_collator, pin_memory=torch.cuda.is_available())

    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> LambdaLR:
        warmup, first = self.job.optimiser.warmup_steps, self.job.first_step
        rate = lambda done: 1.0 if warmup == 0 else min(1.0, (first + done) / warmup)  # noqa: E731
        if self.lr_scheduler is None:
            self.lr_scheduler = LambdaLR(self.optimizer if optimizer is None else optimizer, rate)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    @property
    def _step_rows(self) -> list[int]:
        return self.steps[self.state.global_step]

    @property
    def _global_step(self) -> int:
        return self.job.first_step + self.state.global_step

    @property
    def _masking(self) -> bool:
        return self.job.mask.rule != "none" and self._global_step > self.job.mask.warm_steps

    def get_batch_samples(self, epoch_iterator, num_batches, device):
        samples, items = super().get_batch_samples(epoch_iterator, num_batches, device)
        self._passes = []
        self._trimmed = self._rows_to_trim(samples) if self._masking and self.job.mask.rule == "trim" and samples else set()
        return samples, items

    def _rows_to_trim(self, samples: list[dict[str, Any]]) -> set[int]:
        """The highest losses of the whole step, which no single pass knows: one more forward pass without gradients."""
        losses: list[tuple[float, int]] = []
        with torch.no_grad():
            for sample in samples:
                inputs = self._prepare_inputs(dict(sample))
                with self.compute_loss_context_manager():
                    nlls = self._forward(self.model_wrapped, inputs).nll.tolist()
                losses += [(nll / max(1, self.rows[row].targets), row) for nll, row in zip(nlls, sample["rows"]) if row != FILLER]
        losses = self._from_all(losses)
        highest = {row for _, row in sorted(losses, reverse=True)[: math.floor(self.job.mask.share * len(losses))]}
        return {row for row in highest if self.rows[row].id not in self.job.mask.exempt}

    def _forward(self, model, inputs: dict[str, Any]) -> RowSignals:
        targets = Targets(inputs["target_places"], inputs["target_tokens"])
        tokens = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], targets=targets)
        return row_signals(tokens, targets, inputs["input_ids"].shape)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        rows = inputs["rows"]
        signals = self._forward(model, inputs)
        keep = self._keep(rows, signals.gap)
        # Read when the step is over: until then nothing waits for the device.
        self._passes.append((rows, torch.stack([signals.nll.detach(), signals.gap, signals.error, 1.0 - keep])))
        total = max(1, sum(self.rows[row].targets for row in self._step_rows))
        # Data parallelism averages over processes what has to be a sum.
        loss = (signals.nll * keep).sum() * self.accelerator.num_processes / total
        return (loss, None) if return_outputs else loss

    def _keep(self, rows: list[int], gap: torch.Tensor) -> torch.Tensor:
        """(N,) 1 for rows that are learned from, 0 for masked ones."""
        if self._masking and self.job.mask.rule == "gap":
            targets = torch.tensor([1 if row == FILLER else max(1, self.rows[row].targets) for row in rows], device=gap.device)
            exempt = torch.tensor([row != FILLER and self.rows[row].id in self.job.mask.exempt for row in rows], device=gap.device)
            return ((gap / targets <= self.job.mask.threshold) | exempt).to(gap.dtype)
        return torch.tensor([0.0 if row in self._trimmed else 1.0 for row in rows], device=gap.device)

    def _read_passes(self) -> dict[int, tuple[float, float, float, bool]]:
        """nll, gap, error and whether masked of every row of the step, of all processes. Waits for the device: once a step."""
        rows = [row for part, _ in self._passes for row in part]
        figures = torch.cat([part for _, part in self._passes], dim=1).tolist()
        own = [(row, (nll, gap, error, masked > 0)) for row, nll, gap, error, masked in zip(rows, *figures) if row != FILLER]
        return dict(self._from_all(own))

    def _clip_grad_norm(self, model):
        """Rows that were masked are known only after all passes: the mean is over the tokens of the others."""
        if self._masking:
            seen = self._read_passes()
            total = sum(self.rows[row].targets for row in seen)
            kept = sum(self.rows[row].targets for row, (*_, masked) in seen.items() if not masked)
            if kept not in (0, total):
                for parameter in model.parameters():
                    if parameter.grad is not None:
                        parameter.grad.mul_(total / kept)
        return super()._clip_grad_norm(model)

    def log(self, logs: dict[str, float], *_: Any, **__: Any) -> None:
        if "grad_norm" not in logs:
            return
        seen = self._read_passes()
        step_rows = self.steps[self.state.global_step - 1]
        step = self.job.first_step + self.state.global_step - 1
        per_row = [(seen[row], max(1, self.rows[row].targets)) for row in step_rows]
        tokens = sum(self.rows[row].targets for row in step_rows)
        signals = StepSignals(
            step=step,
            example_ids=[self.rows[row].id for row in step_rows],
            loss=sum(nll for (nll, *_), _ in per_row) / max(1, tokens),
            grad_norm=float(logs["grad_norm"]),
            learning_rate=float(logs["learning_rate"]),
            target_tokens=tokens,
            example_losses=[nll / targets for (nll, *_), targets in per_row],
            example_gaps=[gap / targets for (_, gap, *_), targets in per_row],
            example_errors=[error / targets for (_, _, error, _), targets in per_row] if "error" in self.job.measures else None,
            masked=None if self.job.mask.rule == "none" else [masked for (*_, masked), _ in per_row],
        )
        if not math.isfinite(signals.loss) or not math.isfinite(signals.grad_norm):
            raise JobError("nan-loss", f"step {step}: the loss is {signals.loss}, its gradient’s norm {signals.grad_norm}. Lower training.learningRate, or train in another precision.")
        if self.accelerator.is_main_process:
            self.on_step(signals)

    def _from_all(self, own: list) -> list:
        """What every process has, in the order of processes."""
        if self.accelerator.num_processes == 1:
            return own
        gathered: list[Any] = [None] * self.accelerator.num_processes
        torch.distributed.all_gather_object(gathered, own)
        return [one for part in gathered for one in part]
