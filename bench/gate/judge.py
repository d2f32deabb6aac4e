"""Holds one result to the error bounds of its implementation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import torch

from bench.format import count
from bench.gate.memory_order import unravelled
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


@dataclass(frozen=True, slots=True)
class Expected:
    """What some outputs are held to: their right values, the bias of each, and the scales of rounding errors.

    `scale(name)` is one of the scales "element", "plane" and "norms" of impls.oracle.Truth. All are float64 and
    broadcast to the shape of `y`. `largest_x`, `largest_weight` and `is_random` are those of the Truth. `places` are
    the indices (n, k, h, w) of the outputs; None for all outputs in order. `slack` widens the elementwise bound where
    scales are those of a similar input.
    """

    y: torch.Tensor
    bias: torch.Tensor
    scale: Callable[[str], torch.Tensor]
    largest_x: float
    largest_weight: float
    is_random: bool = True
    places: tuple[torch.Tensor, ...] | None = None
    slack: float = 1.0

    @classmethod
    def whole(cls, known: Truth) -> Expected:
        """Every output."""
        scale = cache(partial(_scale, known))
        return cls(known.y, known.bias, scale, known.largest_x, known.largest_weight, known.is_random)

    @classmethod
    def part(cls, known: Truth, places: tuple[torch.Tensor, ...]) -> Expected:
        """The outputs at some places."""

        def pick(values: torch.Tensor) -> torch.Tensor:
            return values.expand(known.y.shape)[places]

        scale = cache(lambda name: pick(_scale(known, name)))
        sizes = known.largest_x, known.largest_weight, known.is_random
        return cls(pick(known.y), pick(known.bias), scale, *sizes, places)

    def where(self, number: int) -> tuple[int, ...]:
        """The index (n, k, h, w) of an output by its number."""
        if self.places is not None:
            return tuple(int(axis[number]) for axis in self.places)
        return tuple(int(i) for i in unravelled(torch.tensor(number), tuple(self.y.shape)))


def judge(y: object, known: Truth, implementation: Implementation, case: Case) -> Judgement:
    """Hold one result to the bounds of its implementation."""
    expected, reason = Expected.whole(known), misfit(y, case)
    if reason:
        return Judgement(reason, _label(bounds_of(implementation, case), expected))
    assert isinstance(y, torch.Tensor)
    return judge_values(y, expected, implementation, case)


def judge_values(values: torch.Tensor, expected: Expected, implementation: Implementation, case: Case) -> Judgement:
    """Hold some values of a result to the bounds of its implementation."""
    result = values.detach().to(device="cpu", dtype=torch.float64)
    return compare(result, expected, bounds_of(implementation, case))


def bounds_of(implementation: Implementation, case: Case) -> list[ErrorBound]:
    """The bounds of an implementation on a case; a result may have the error that the loosest allows."""
    return [bound_for(name, case) for name in implementation.bounds_for(case)]


def _label(bounds: list[ErrorBound], expected: Expected) -> str:
    label = bounds[0].label if len(bounds) == 1 else "loosest of " + ", ".join(b.label for b in bounds)
    return label if expected.is_random else f"{label}, for any data"


def misfit(y: object, case: Case) -> str | None:
    """Why this is no result of the case, by type, shape, device and layout; None if it is."""
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


def compare(
    result: torch.Tensor, expected: Expected, bounds: list[ErrorBound], *, may_underflow: bool = True
) -> Judgement:
    """Hold a result in float64 to bounds. Without `may_underflow` relative errors alone are allowed."""
    label = _label(bounds, expected)
    if result.numel() == 0:
        return Judgement(None, label)
    if not bool(torch.isfinite(result).all()):
        bad = int((~torch.isfinite(result)).sum())
        verb = "is" if bad == 1 else "are"
        return Judgement(f"{bad} of {count(result.numel(), 'element')} {verb} NaN or infinite", label)
    lost = max(_lost(bound, expected) for bound in bounds) if may_underflow else 0.0
    error = (result - expected.y).abs()
    allowed = _allowed(bounds[0], expected)
    for bound in bounds[1:]:
        allowed = torch.maximum(allowed, _allowed(bound, expected))
    # A sum without any product is exact; transforms spread what they lose.
    is_spread = any(bound.scale != "element" for bound in bounds)
    allowed.add_(lost if is_spread else (expected.scale("element") > 0).to(torch.float64).mul_(lost))
    # 0 allowed and 0 off is right; 0 allowed and anything off is not.
    share = torch.where(error == 0, 0.0, error / allowed)
    error_share = _finite(float(share.max()))
    # A few outputs can cancel to nearly 0: then the rms expected of random data is the measure.
    size = max(_rms(expected.y), *(b.expected * _rms(expected.scale(b.scale)) for b in bounds))
    error_rms = _finite(_rms(error) / size if size > 0 else 0.0)
    if expected.is_random:
        limit = max(b.rms_limit for b in bounds) + (_finite(lost / size) if size > 0 else 0.0)
    else:
        # Nothing is known about the sizes of the errors of other data, but that each is within its bound.
        limit = _finite(_rms(allowed) / size) if size > 0 else _OFF_SCALE
    complaints = []
    if error_share > 1:
        worst = int(share.argmax())
        off = float(error.flatten()[worst])
        by_much = "and must be exact" if error_share >= _OFF_SCALE else f"{error_share:.3g} times what its bound allows"
        complaints.append(f"element {expected.where(worst)} is off by {off:.3g}, {by_much}")
    if error_rms > limit:
        complaints.append(f"the rms error {error_rms:.3g} is over its limit {limit:.3g} (a lower precision inside?)")
    return Judgement("; ".join(complaints) or None, label, error_rms, limit, error_share)


def _finite(value: float) -> float:
    """Infinity (an error where none is allowed, or overflow) as a finite number that JSON can hold."""
    return min(value, _OFF_SCALE)


def _scale(known: Truth, name: str) -> torch.Tensor:
    if name == "element":
        return known.scale
    if name == "plane":
        return known.scale.amax(dim=(2, 3), keepdim=True)
    return known.norms


def _allowed(bound: ErrorBound, expected: Expected) -> torch.Tensor:
    """The error that rounding may leave in each output."""
    if expected.is_random:
        factor, scale = bound.factor, expected.scale(bound.scale)
    elif bound.worst.scale == "products":
        factor = bound.worst.factor
        scale = expected.bias.abs() + bound.terms * expected.largest_x * expected.largest_weight
    else:
        factor, scale = bound.worst.factor, expected.scale(bound.worst.scale)
    allowed = expected.y.abs().mul_(bound.output_u).add_(factor * expected.slack * scale)
    return allowed.add_(expected.bias.abs() * bound.bias_u) if bound.bias_u else allowed


def _lost(bound: ErrorBound, expected: Expected) -> float:
    """The error that underflow may leave in an output; none where all products are 0."""
    if not expected.largest_x or not expected.largest_weight:
        return 0.0
    return bound.worst.lost_by_operand * (expected.largest_x + expected.largest_weight) + bound.worst.lost


def _rms(values: torch.Tensor) -> float:
    return math.sqrt(float(values.square().mean()))
