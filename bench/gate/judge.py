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
    bounds = [bound_for(name, case) for name in implementation.bounds_for(case)]
    label = bounds[0].label if len(bounds) == 1 else "loosest of " + ", ".join(b.label for b in bounds)
    misfit = _misfit(y, case)
    if misfit:
        return Judgement(misfit, label)
    assert isinstance(y, torch.Tensor)
    if y.numel() == 0:
        return Judgement(None, label)
    result = y.detach().to(device="cpu", dtype=torch.float64)
    if not bool(torch.isfinite(result).all()):
        bad = int((~torch.isfinite(result)).sum())
        return Judgement(
            f"{bad} of {count(result.numel(), 'element')} {'is' if bad == 1 else 'are'} NaN or infinite", label
        )
    return _compare(result, known, bounds, label)


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


def _compare(result: torch.Tensor, known: Truth, bounds: list[ErrorBound], label: str) -> Judgement:
    error = (result - known.y).abs()
    allowed = _allowed(bounds[0], known)
    for bound in bounds[1:]:
        allowed = torch.maximum(allowed, _allowed(bound, known))
    # 0 allowed and 0 off is right; 0 allowed and anything off is not.
    share = torch.where(error == 0, 0.0, error / allowed)
    error_share = _finite(float(share.max()))
    # A few outputs can cancel to nearly 0: then the rms expected of random data is the measure.
    size = max(_rms(known.y), *(b.expected * _rms(_scale(b, known)) for b in bounds))
    error_rms = _finite(_rms(error) / size if size > 0 else 0.0)
    limit = max(b.rms_limit for b in bounds)
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


def _scale(bound: ErrorBound, known: Truth) -> torch.Tensor:
    if bound.scale == "element":
        return known.scale
    if bound.scale == "plane":
        return known.scale.amax(dim=(2, 3), keepdim=True)
    return known.norms


def _allowed(bound: ErrorBound, known: Truth) -> torch.Tensor:
    allowed = known.y.abs().mul_(bound.output_u).add_(bound.factor * _scale(bound, known))
    return allowed.add_(known.bias.abs() * bound.bias_u) if bound.bias_u else allowed


def _rms(values: torch.Tensor) -> float:
    return math.sqrt(float(values.square().mean()))
