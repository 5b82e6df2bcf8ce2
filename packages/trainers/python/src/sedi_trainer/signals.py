"""What a forward pass tells about each row, beside the loss, at the price of the loss."""

from __future__ import annotations

import functools
import types
from dataclasses import dataclass

import torch
from transformers.utils import ModelOutput

#: Logits looked at together, in float32: 64 MiB.
CHUNK_ELEMENTS = 1 << 24


@dataclass(frozen=True)
class Targets:
    """Where a padded pass of (N, T) tokens learns something; M target tokens, row after row."""

    #: (M,) place in the flattened pass of the token that predicts the target.
    places: torch.Tensor
    #: (M,) the targets.
    tokens: torch.Tensor


@dataclass
class RowSignals:
    """(N,) each, on the device of the logits."""

    #: Sum over target tokens of the negative log-likelihood, nats; carries the gradient.
    nll: torch.Tensor
    #: Sum over target tokens of log p(best token) − log p(target), nats; no gradient.
    gap: torch.Tensor
    #: Sum over target tokens of ‖softmax − one-hot‖₂; no gradient; zeros where nobody asked.
    error: torch.Tensor


@dataclass
class TokenSignals(ModelOutput):
    """What a model given `add_token_signals` returns for `targets`; (M,) each."""

    nll: torch.Tensor | None = None
    gap: torch.Tensor | None = None
    error: torch.Tensor | None = None


class _Signals(torch.autograd.Function):
    """(M, V) logits and (M,) targets to nll, gap and, if asked for, error. In float32 whatever the model computes in, a piece at a time: what stays for the backward
    pass is the logits and one number per target."""

    @staticmethod
    def forward(ctx, logits: torch.Tensor, wanted: torch.Tensor, errors: bool):
        log_sum, target, best, error = (logits.new_zeros(len(logits), dtype=torch.float32) for _ in range(4))
        for piece in _pieces(logits):
            part = logits[piece].float()
            log_sum[piece] = part.logsumexp(dim=-1)
            target[piece] = part.gather(-1, wanted[piece].unsqueeze(-1)).squeeze(-1)
            best[piece] = part.amax(dim=-1)
            if errors:
                error[piece] = _differences(part, log_sum[piece], wanted[piece]).norm(dim=-1)
        ctx.save_for_backward(logits, wanted, log_sum)
        gap = best - target
        ctx.mark_non_differentiable(gap, error)
        return log_sum - target, gap, error

    @staticmethod
    def backward(ctx, gradient: torch.Tensor, _, __):
        """∂nll/∂logits = softmax − one-hot."""
        logits, wanted, log_sum = ctx.saved_tensors
        result = torch.empty_like(logits)
        for piece in _pieces(logits):
            result[piece] = _differences(logits[piece].float(), log_sum[piece], wanted[piece]).mul_(gradient[piece].unsqueeze(-1))
        return result, None, None


def _differences(logits: torch.Tensor, log_sum: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """(M, V) softmax − one-hot."""
    part = (logits - log_sum.unsqueeze(-1)).exp_()
    places = wanted.unsqueeze(-1)
    return part.scatter_add_(-1, places, part.new_full(places.shape, -1.0))


def _pieces(logits: torch.Tensor) -> list[slice]:
    rows = max(1, CHUNK_ELEMENTS // logits.shape[1])
    return [slice(start, start + rows) for start in range(0, len(logits), rows)]


def add_token_signals(model, errors: bool = False) -> None:
    """Makes `model(..., targets=Targets)` return TokenSignals; without `targets` it is what it was. `errors`: whether to tell those as well.

    The model's own code makes the logits, with whatever it does to them after its head, but of the targets' places only: what comes out of its
    body is cut down to them first. So logits of prompts and padding, the larger part as a rule, are never made. A model without a body of its own
    makes all of them.
    """
    original = model.forward
    chosen: list[torch.Tensor] = []

    def keep_targets(_module, _arguments, output):
        if chosen:
            hidden = output.last_hidden_state
            output.last_hidden_state = hidden.reshape(-1, hidden.shape[-1]).index_select(0, chosen.pop()).unsqueeze(0)
        return output

    has_body = model.base_model is not model
    if has_body:
        model.base_model.register_forward_hook(keep_targets)

    # generate() reads the signature.
    @functools.wraps(type(model).forward)
    def forward(self, *arguments, targets: Targets | None = None, **named):
        if targets is None:
            return original(*arguments, **named)
        if has_body:
            chosen[:] = [targets.places]
        logits = original(*arguments, **named, use_cache=False).logits
        logits = logits[0] if has_body else logits.reshape(-1, logits.shape[-1]).index_select(0, targets.places)
        nll, gap, error = _Signals.apply(logits, targets.tokens, errors)
        return TokenSignals(nll=nll, gap=gap, error=error)

    model.forward = types.MethodType(forward, model)


def row_signals(tokens: TokenSignals, targets: Targets, shape: torch.Size) -> RowSignals:
    """Sums over the targets of each of the N rows of a pass of (N, T) tokens; in the same order every time."""
    spread = lambda values: values.new_zeros(shape.numel()).index_copy(0, targets.places, values).view(shape).sum(dim=1)  # noqa: E731
    return RowSignals(nll=spread(tokens.nll), gap=spread(tokens.gap), error=spread(tokens.error))
