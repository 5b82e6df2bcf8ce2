"""Composed batches as a data loader sees them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from .files import read_lines

#: Stands for a row that fills a place and takes no part in the loss.
FILLER = -1


def micro_batches(rows: Sequence[int], rows_per_device: int, accumulation: int, world_size: int, rank: int) -> list[list[int]]:
    """The rows of one optimiser step that one process sees, one list per forward pass.

    Every process makes `accumulation` passes, whatever the size of the batch: places without a row hold FILLER, so that a last, shorter
    batch keeps its own step. Over all passes and processes each row comes once, in order.
    """
    places = accumulation * world_size
    if len(rows) > places * rows_per_device:
        raise ValueError(f"{len(rows)} rows do not fit {accumulation} passes of {rows_per_device} rows on {world_size} processes")
    # Evenly, so that no pass is all filler while another is full.
    sizes = [len(rows) // places + (place < len(rows) % places) for place in range(places)]
    starts = [sum(sizes[:place]) for place in range(places)]
    own = [pass_number * world_size + rank for pass_number in range(accumulation)]
    return [list(rows[starts[place] : starts[place] + sizes[place]]) or [FILLER] for place in own]


@dataclass(frozen=True)
class ComposedBatches:
    """Batches of example ids, one per optimiser step, in order."""

    ids: list[list[str]]

    @staticmethod
    def read(path: str | Path) -> "ComposedBatches":
        """From a file that `sedi batch` or `sedi export` wrote: a line per batch with `ids`."""
        return ComposedBatches([[str(one) for one in line["ids"]] for line in read_lines(Path(path))])

    @property
    def size(self) -> int:
        return max((len(batch) for batch in self.ids), default=0)

    def rows(self, ids: Sequence[str]) -> list[list[int]]:
        """As positions in a data set whose rows have these ids. Raises KeyError naming an id that is not there."""
        position = {str(one): row for row, one in enumerate(ids)}
        return [[position[one] for one in batch] for batch in self.ids]


class StepSampler:
    """A batch sampler: for each optimiser step, this process's forward passes. Deterministic; begins anew at each iteration."""

    def __init__(self, steps: Sequence[Sequence[int]], rows_per_device: int, accumulation: int, world_size: int = 1, rank: int = 0):
        self.steps = steps
        self.layout = (rows_per_device, accumulation, world_size, rank)
        self.batch_size = rows_per_device

    def __len__(self) -> int:
        return len(self.steps) * self.layout[1]

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.steps:
            yield from micro_batches(step, *self.layout)
