"""What a forward pass tells about each row, beside the loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .encode import IGNORED


@dataclass
class RowSignals:
    """One entry per row of a forward pass, on the device of the logits."""

    #: Sum over target tokens of the negative log-likelihood, nats; carries the gradient.
    nll: torch.Tensor
    #: Sum over target tokens of log p(best token) − log p(target), nats; no gradient.
    gap: torch.Tensor
    #: Target tokens.
    targets: torch.Tensor


def row_signals(logits: torch.Tensor, labels: torch.Tensor) -> RowSignals:
    """(N, T, V) logits and (N, T) labels: position t predicts label t + 1. In float32 whatever the model computes in."""
    predicted = logits[:, :-1]
    wanted = labels[:, 1:]
    counts = wanted != IGNORED
    # (N, V, T−1), as cross_entropy wants classes second.
    nll = F.cross_entropy(predicted.float().transpose(1, 2), wanted, ignore_index=IGNORED, reduction="none")
    with torch.no_grad():
        best = predicted.max(dim=-1).values.float()
        target = predicted.gather(-1, wanted.clamp(min=0).unsqueeze(-1)).squeeze(-1).float()
        gap = ((best - target) * counts).sum(dim=1)
    return RowSignals(nll=nll.sum(dim=1), gap=gap, targets=counts.sum(dim=1))
