"""Proves swapped layers right on the very tensors of the network: a float64 reference and the bounds of any data."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.error_bounds import ErrorBound, bound_for
from impls.interface import Case
from impls.oracle import Truth, truth
from impls.registry import get

# Output channels of an ungrouped layer that are compared, spread over all: each of them reads the whole input, and
# implementations compute channels alike. A layer with groups is compared whole.
_CHANNELS = 16


@dataclass(frozen=True, slots=True)
class LayerProof:
    """How far one call of a swapped layer is from the right result.

    `error_rms` is relative to the rms of the right result. `error_share` is the largest error over what its bound
    allows for that output: at most 1 where the layer `is_right`.
    """

    layer: str
    implementation: str
    descriptor: str
    error_rms: float
    error_share: float
    rms_limit: float

    @property
    def is_right(self) -> bool:
        return self.error_share <= 1


def prove(
    layer: str,
    implementation: str,
    case: Case,
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    y: torch.Tensor,
    epilogue: Epilogue = NO_EPILOGUE,
    residual: torch.Tensor | None = None,
) -> LayerProof:
    """Compare the result y of a call with the float64 convolution of its own input, followed by the epilogue.

    `weight` and `bias` are those of the `compared_channels` alone, y and the residual have all. The residual is one
    more term of each sum. ReLU brings no two numbers further apart: bounds hold behind it.
    """
    chosen = compared_channels(case)
    problem = case.problem if chosen is None else replace(case.problem, out_channels=len(chosen))
    if chosen is not None:
        y = y[:, chosen]
    known = truth(problem, x, weight, bias)
    if residual is not None:
        known = _with_residual(known, residual if chosen is None else residual[:, chosen])
    right = known.y.relu() if epilogue.has_relu else known.y
    error = (y.detach().to("cpu", torch.float64) - right).abs()
    bounds = [bound_for(name, case) for name in get(implementation).bounds_for(case)]
    allowed = torch.stack([_allowed(bound, known).expand_as(known.y) for bound in bounds]).amax(0)
    share = torch.where(error == 0, 0.0, error / allowed)
    size = _rms(right)
    return LayerProof(
        layer,
        implementation,
        case.problem.descriptor,
        _rms(error) / size if size > 0 else 0.0,
        float(share.max())
        if share.numel() and bool(torch.isfinite(y).all())
        else (0.0 if y.numel() == 0 else math.inf),
        max(bound.rms_limit for bound in bounds),
    )


def _with_residual(known: Truth, residual: torch.Tensor) -> Truth:
    """The right sum of a convolution and a residual, with the scales of its errors: it is added as the bias is."""
    added = residual.detach().to("cpu", torch.float64)
    size = added.abs()
    return replace(
        known, y=known.y + added, scale=known.scale + size, norms=known.norms + size, bias=known.bias.abs() + size
    )


def compared_channels(case: Case) -> torch.Tensor | None:
    """The output channels to compare, None for all of them."""
    number = case.problem.out_channels
    if case.problem.groups > 1 or number <= _CHANNELS:
        return None
    return torch.linspace(0, number - 1, _CHANNELS).round().to(torch.int64)


def _allowed(bound: ErrorBound, known: Truth) -> torch.Tensor:
    """The error that rounding and underflow may leave in each output, whatever the data are."""
    worst = bound.worst
    if worst.scale == "products":
        scale = known.bias.abs() + bound.terms * known.largest_x * known.largest_weight
    else:
        scale = known.scale if worst.scale == "element" else known.norms
    allowed = known.y.abs() * bound.output_u + worst.factor * scale + known.bias.abs() * bound.bias_u
    return allowed + worst.lost_by_operand * (known.largest_x + known.largest_weight) + worst.lost


def _rms(values: torch.Tensor) -> float:
    return math.sqrt(float(values.square().mean())) if values.numel() else 0.0
