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

    `scale(name)` is one of the scales of impls.oracle.Truth, by the name that bounds use. All are float64 and broadcast
    to the shape of `y`. `places` are the indices (n, k, h, w) of the outputs; None for all outputs in order. `slack`
    widens the elementwise bound where scales are those of a similar input.
    """

    y: torch.Tensor
    bias: torch.Tensor
    scale: Callable[[str], torch.Tensor]
    places: tuple[torch.Tensor, ...] | None = None
    slack: float = 1.0

    @classmethod
    def whole(cls, known: Truth) -> Expected:
        """Every output."""
        return cls(known.y, known.bias, cache(partial(_scale, known)))

    @classmethod
    def part(cls, known: Truth, places: tuple[torch.Tensor, ...]) -> Expected:
        """The outputs at some places."""

        def pick(values: torch.Tensor) -> torch.Tensor:
            return values.expand(known.y.shape)[places]

        return cls(pick(known.y), pick(known.bias), cache(lambda name: pick(_scale(known, name))), places)

    def where(self, number: int) -> tuple[int, ...]:
        """The index (n, k, h, w) of an output by its number."""
        if self.places is not None:
            return tuple(int(axis[number]) for axis in self.places)
        return tuple(int(i) for i in unravelled(torch.tensor(number), tuple(self.y.shape)))


def judge(y: object, known: Truth, implementation: Implementation, case: Case) -> Judgement:
    """Hold one result to the bounds of its implementation."""
    reason = misfit(y, case)
    if reason:
        return Judgement(reason, _label(_bounds(implementation, case)))
    assert isinstance(y, torch.Tensor)
    return judge_values(y, Expected.whole(known), implementation, case)


def judge_values(values: torch.Tensor, expected: Expected, implementation: Implementation, case: Case) -> Judgement:
    """Hold some values of a result to the bounds of its implementation."""
    bounds = _bounds(implementation, case)
    if values.numel() == 0:
        return Judgement(None, _label(bounds))
    result = values.detach().to(device="cpu", dtype=torch.float64)
    if not bool(torch.isfinite(result).all()):
        bad = int((~torch.isfinite(result)).sum())
        return Judgement(
            f"{bad} of {count(result.numel(), 'element')} {'is' if bad == 1 else 'are'} NaN or infinite", _label(bounds)
        )
    return _compare(result, expected, bounds)


def _bounds(implementation: Implementation, case: Case) -> list[ErrorBound]:
    return [bound_for(name, case) for name in implementation.bounds_for(case)]


def _label(bounds: list[ErrorBound]) -> str:
    return bounds[0].label if len(bounds) == 1 else "loosest of " + ", ".join(b.label for b in bounds)


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


def _compare(result: torch.Tensor, expected: Expected, bounds: list[ErrorBound]) -> Judgement:
    error = (result - expected.y).abs()
    allowed = _allowed(bounds[0], expected)
    for bound in bounds[1:]:
        allowed = torch.maximum(allowed, _allowed(bound, expected))
    # 0 allowed and 0 off is right; 0 allowed and anything off is not.
    share = torch.where(error == 0, 0.0, error / allowed)
    error_share = _finite(float(share.max()))
    # A few outputs can cancel to nearly 0: then the rms expected of random data is the measure.
    size = max(_rms(expected.y), *(b.expected * _rms(expected.scale(b.scale)) for b in bounds))
    error_rms = _finite(_rms(error) / size if size > 0 else 0.0)
    limit = max(b.rms_limit for b in bounds)
    complaints = []
    if error_share > 1:
        worst = int(share.argmax())
        off = float(error.flatten()[worst])
        by_much = "and must be exact" if error_share >= _OFF_SCALE else f"{error_share:.3g} times what its bound allows"
        complaints.append(f"element {expected.where(worst)} is off by {off:.3g}, {by_much}")
    if error_rms > limit:
        complaints.append(f"the rms error {error_rms:.3g} is over its limit {limit:.3g} (a lower precision inside?)")
    return Judgement("; ".join(complaints) or None, _label(bounds), error_rms, limit, error_share)


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
    allowed = expected.y.abs().mul_(bound.output_u).add_(bound.factor * expected.slack * expected.scale(bound.scale))
    return allowed.add_(expected.bias.abs() * bound.bias_u) if bound.bias_u else allowed


def _rms(values: torch.Tensor) -> float:
    return math.sqrt(float(values.square().mean()))
