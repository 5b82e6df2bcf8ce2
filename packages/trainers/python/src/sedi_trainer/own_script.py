"""For people with a TRL script of their own."""

from __future__ import annotations

import types
from pathlib import Path

from .batches import ComposedBatches, StepSampler
from .files import LineLog




def SignalLog(path: str | Path):  # noqa: N802 - reads as a class where it is used
    """A callback that appends loss and gradient norm of every optimiser step to a file, as `sedi` reads them.

    Set `logging_steps=1`: transformers tells a callback what it logs. Losses of single rows are not among it.
    """
    from transformers import TrainerCallback

    class Log(TrainerCallback):
        def __init__(self) -> None:
            self._log = LineLog(Path(path))

        def on_log(self, args, state, control, logs=None, **_):
            if state.is_world_process_zero and logs and "loss" in logs and "grad_norm" in logs:
                self._log.write({"step": state.global_step, "loss": logs["loss"], "gradNorm": logs["grad_norm"], "learningRate": logs.get("learning_rate")})

    return Log()


def keep_batches(trainer, batches: ComposedBatches, id_column: str = "id"):
    """Makes a Trainer take exactly these batches, one per optimiser step; returns it.

    Its data set must keep its ids in `id_column`. Sets `max_steps` to the number of batches; the batch of a step is per-device rows times
    accumulation times processes, which must be at least the largest composed batch.
    """
    from torch.utils.data import DataLoader

    arguments = trainer.args
    steps = batches.rows(trainer.train_dataset[id_column])
    arguments.max_steps = len(steps)
    processes, rank = trainer.accelerator.num_processes, trainer.accelerator.process_index
    places = arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps * processes
    if batches.size > places:
        raise ValueError(f"a batch has {batches.size} rows, but a step of this trainer takes {places}: raise gradient_accumulation_steps")
    if any(len(step) < arguments.gradient_accumulation_steps * processes for step in steps):
        raise ValueError("a batch has fewer rows than a step has passes: lower gradient_accumulation_steps and raise the rows per device")
    sampler = StepSampler(steps, arguments.per_device_train_batch_size, arguments.gradient_accumulation_steps, processes, rank)

    def get_train_dataloader(self):
        dataset = self.train_dataset
        return DataLoader(dataset, batch_sampler=sampler, collate_fn=self.data_collator)

    trainer.get_train_dataloader = types.MethodType(get_train_dataloader, trainer)
    return trainer
