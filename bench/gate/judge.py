"""Holds one result to the error bounds of its implementation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from bench.format import count
from impls.error_bounds import ErrorBound, bound_for
from impls.interface import Case, Implementation
from impls.oracle import Truth
from impls.tensors import dtype_of, lies_in

_OFF_SCALE = 1e300


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a result is right; `reason` is None exactly when it is.

    `error_rms` is relative to the rms of the truth, `error_share` the largest |error| over the error allowed for its
    element; both None if there was nothing to compare.
    """

    reason: str | None
    bound: str
    error_rms: float | None = None
    error_rms_limit: float | None = None
    error_share: float | None = None

    @property
    def ok(self) -> bool:
        return self.reason is None


def judge(y: object, known: Truth, implementation: Implementation, case: Case) -> Judgement:
    """Hold one result to the bounds of its implementation."""
    bounds = bounds_of(implementation, case)
    misfit = _misfit(y, case)
    if misfit:
        return Judgement(misfit, _label(bounds, known))
    assert isinstance(y, torch.Tensor)
    return compare(y.detach().to(device="cpu", dtype=torch.float64), known, bounds)


def bounds_of(implementation: Implementation, case: Case) -> list[ErrorBound]:
    """The bounds of an implementation on a case; a result may have the error that the loosest allows."""
    return [bound_for(name, case) for name in implementation.bounds_for(case)]


def _label(bounds: list[ErrorBound], known: Truth) -> str:
    label = bounds[0].label if len(bounds) == 1 else "loosest of " + ", ".join(b.label for b in bounds)
    return label if known.is_random else f"{label}, for any data"


def _misfit(y: object, case: Case) -> str | None:
    if not isinstance(y, torch.Tensor):
        return f"the plan returned {type(y).__name__}, not a tensor"
    if type(y) is not torch.Tensor:
        # A subclass may compute when it is looked at, outside the clock.
        return f"the plan returned {type(y).__name__}, a subclass of torch.Tensor: results must be exactly torch.Tensor"
    if tuple(y.shape) != case.problem.output_shape:
        return f"the output has shape {tuple(y.shape)}, not {case.problem.output_shape}"
    if y.dtype != dtype_of(case):
        return f"the output is {y.dtype}, not {dtype_of(case)}"
    if y.device.type != case.device:
        return f"the output is on {y.device.type}, not on {case.device}"
    if not lies_in(y, case.layout):
        return f"the output is not stored in {case.layout} (strides {tuple(y.stride())})"
    return None


def compare(result: torch.Tensor, known: Truth, bounds: list[ErrorBound], *, may_underflow: bool = True) -> Judgement:
    """Hold a result in float64 to bounds. Without `may_underflow` relative errors alone are allowed."""
    label = _label(bounds, known)
    if result.numel() == 0:
        return Judgement(None, label)
    if not bool(torch.isfinite(result).all()):
        bad = int((~torch.isfinite(result)).sum())
        verb = "is" if bad == 1 else "are"
        return Judgement(f"{bad} of {count(result.numel(), 'element')} {verb} NaN or infinite", label)
    lost = max(_lost(bound, known) for bound in bounds) if may_underflow else 0.0
    error = (result - known.y).abs()
    allowed = _allowed(bounds[0], known)
    for bound in bounds[1:]:
        allowed = torch.maximum(allowed, _allowed(bound, known))
    # A sum without any product is exact; transforms spread what they lose.
    is_spread = any(bound.scale != "element" for bound in bounds)
    allowed.add_(lost if is_spread else (known.scale > 0).to(torch.float64).mul_(lost))
    # 0 allowed and 0 off is right; 0 allowed and anything off is not.
    share = torch.where(error == 0, 0.0, error / allowed)
    error_share = _finite(float(share.max()))
    # A few outputs can cancel to nearly 0: then the rms expected of random data is the measure.
    size = max(_rms(known.y), *(b.expected * _rms(_scale(b.scale, known, b)) for b in bounds))
    error_rms = _finite(_rms(error) / size if size > 0 else 0.0)
    if known.is_random:
        limit = max(b.rms_limit for b in bounds) + (_finite(lost / size) if size > 0 else 0.0)
    else:
        # Nothing is known about the sizes of the errors of other data, but that each is within its bound.
        limit = _finite(_rms(allowed) / size) if size > 0 else _OFF_SCALE
    complaints = []
    if error_share > 1:
        where = tuple(int(i) for i in torch.unravel_index(share.argmax(), share.shape))
        off = float(error[where])
        by_much = "and must be exact" if error_share >= _OFF_SCALE else f"{error_share:.3g} times what its bound allows"
        complaints.append(f"element {where} is off by {off:.3g}, {by_much}")
    if error_rms > limit:
        complaints.append(f"the rms error {error_rms:.3g} is over its limit {limit:.3g} (a lower precision inside?)")
    return Judgement("; ".join(complaints) or None, label, error_rms, limit, error_share)


def _finite(value: float) -> float:
    """Infinity (an error where none is allowed, or overflow) as a finite number that JSON can hold."""
    return min(value, _OFF_SCALE)


def _scale(scale: str, known: Truth, bound: ErrorBound) -> torch.Tensor:
    """The scale of this name, that of each output or one that they share."""
    if scale == "element":
        return known.scale
    if scale == "plane":
        return known.scale.amax(dim=(2, 3), keepdim=True)
    if scale == "norms":
        return known.norms
    return known.bias.abs() + bound.terms * known.largest_x * known.largest_weight


def _allowed(bound: ErrorBound, known: Truth) -> torch.Tensor:
    """The error that rounding may leave in each output."""
    if known.is_random:
        factor, scale = bound.factor, _scale(bound.scale, known, bound)
    else:
        factor, scale = bound.worst.factor, _scale(bound.worst.scale, known, bound)
    allowed = known.y.abs().mul_(bound.output_u).add_(factor * scale)
    return allowed.add_(known.bias.abs() * bound.bias_u) if bound.bias_u else allowed


def _lost(bound: ErrorBound, known: Truth) -> float:
    """The error that underflow may leave in an output; none where all products are 0."""
    if not known.largest_x or not known.largest_weight:
        return 0.0
    return bound.worst.lost_by_operand * (known.largest_x + known.largest_weight) + bound.worst.lost


def _rms(values: torch.Tensor) -> float:
    return math.sqrt(float(values.square().mean()))
