"""Correct before timed: inputs are drawn, results held to their error bound, tricks found out.

A result passes if it has the right shape, type and layout, is a tensor of its own, leaves its input alone and
lies within the loosest of its implementation's bounds (impls.error_bounds), on each element and in the rms.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import torch

from impls.error_bounds import ErrorBound, bound_for
from impls.interface import Case, Implementation, Plan, prepare
from impls.oracle import Truth, truth
from impls.tensors import dtype_of, in_layout, lies_in

_OFF_SCALE = 1e300
# Outputs held at once to see that they are distinct; of slow implementations two must do.
_OUTPUTS_HELD = 8
_HOLDING_S = 0.1


@dataclass(frozen=True, slots=True)
class Inputs:
    """Fresh N(0, 1) tensors of a case on its device, and the truth about them."""

    x: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor | None
    truth: Truth


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a result is right; `reason` is None exactly when it is.

    `error_rms` is relative to the rms of the truth, `error_share` the largest |error| over what its
    element may have; both None where there was nothing to compare.
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
class Gated:
    """An implementation that was planned and called once on inputs with a known answer."""

    plan: Plan
    verdict: Verdict
    plan_s: float
    first_call_s: float


def draw(case: Case, seed: int) -> Inputs:
    """Inputs from N(0, 1), the same for the same seed on any machine, and their float64 result."""
    x, weight, bias = tensors(case, seed)
    known = truth(case.problem, x, weight, bias)
    on_device = None if bias is None else bias.to(case.device)
    return Inputs(x.to(case.device), weight.to(case.device), on_device, known)


def tensors(case: Case, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """x, weight and bias from N(0, 1), still on the CPU."""
    p = case.problem
    generator = torch.Generator().manual_seed(seed)
    dtype = dtype_of(case)

    def normal(shape: tuple[int, ...]) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)

    x = in_layout(normal(p.input_shape), case.layout)
    weight = normal(p.weight_shape)
    return x, weight, normal((p.out_channels,)) if p.bias else None


def redraw(case: Case, inputs: Inputs, seed: int) -> Truth:
    """Write new values into x in place and return their truth: a remembered result becomes wrong."""
    fresh = torch.randn(
        case.problem.input_shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    ).to(inputs.x.dtype)
    # Past the version counter: a plan that remembers results by it must not notice.
    inputs.x.data.copy_(fresh)
    return truth(case.problem, fresh, inputs.weight, inputs.bias)


def gate(implementation: Implementation, case: Case, inputs: Inputs, *, tricks: bool = True) -> Gated:
    """Plan, call once, judge, look for tricks. What the implementation raises passes through; x is as it was before.

    Weight and bias are handed over as copies of its own: a plan may keep them, and may spoil nobody else's.
    """
    before = inputs.x.clone()
    weight = inputs.weight.clone()
    bias = None if inputs.bias is None else inputs.bias.clone()
    try:
        started = time.perf_counter()
        plan = prepare(implementation, case, weight, bias)
        _synchronise(case)
        planned = time.perf_counter()
        y = plan(inputs.x)
        _synchronise(case)
        called = time.perf_counter()
        verdict = judge(y, inputs.truth, implementation, case)
        trick = _trick(y, plan, inputs.x, before) if verdict.ok and tricks else None
    finally:
        # The next implementation must meet the input as it was drawn.
        inputs.x.copy_(before)
    if trick:
        verdict = replace(verdict, reason=trick)
    return Gated(plan, verdict, planned - started, called - planned)


def judge(y: object, known: Truth, implementation: Implementation, case: Case) -> Verdict:
    """Hold one result to the bounds of its implementation."""
    bounds = [bound_for(name, case) for name in implementation.bounds_for(case)]
    label = bounds[0].label if len(bounds) == 1 else "loosest of " + ", ".join(b.label for b in bounds)
    misfit = _misfit(y, case)
    if misfit:
        return Verdict(misfit, label)
    assert isinstance(y, torch.Tensor)
    if y.numel() == 0:
        return Verdict(None, label)
    result = y.detach().to(device="cpu", dtype=torch.float64)
    if not bool(torch.isfinite(result).all()):
        bad = int((~torch.isfinite(result)).sum())
        return Verdict(f"{bad} of {result.numel()} elements are NaN or infinite", label)
    return _compare(result, known, bounds, label)


def _misfit(y: object, case: Case) -> str | None:
    if not isinstance(y, torch.Tensor):
        return f"the plan returned {type(y).__name__}, not a tensor"
    if tuple(y.shape) != case.problem.output_shape:
        return f"the output has shape {tuple(y.shape)}, not {case.problem.output_shape}"
    if y.dtype != dtype_of(case):
        return f"the output is {y.dtype}, not {dtype_of(case)}"
    if y.device.type != case.device:
        return f"the output is on {y.device.type}, not on {case.device}"
    if not lies_in(y, case.layout):
        return f"the output does not lie in {case.layout} (strides {tuple(y.stride())})"
    return None


def _compare(result: torch.Tensor, known: Truth, bounds: list[ErrorBound], label: str) -> Verdict:
    error = (result - known.y).abs()
    allowed = _allowed(bounds[0], known)
    for bound in bounds[1:]:
        allowed = torch.maximum(allowed, _allowed(bound, known))
    # 0 allowed and 0 off is right; 0 allowed and anything off is not.
    share = torch.where(error == 0, 0.0, error / allowed)
    error_share = _finite(float(share.max()))
    # A few outputs can cancel to nearly nothing: then the rms that random data should have is the measure.
    size = max(_rms(known.y), max(b.expected * _rms(_scale(b, known)) for b in bounds))
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
    return Verdict("; ".join(complaints) or None, label, error_rms, limit, error_share)


def _finite(value: float) -> float:
    """Infinity (off where nothing may be, or overflow) as a number that JSON can hold and arithmetic survives."""
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


def _trick(y: object, plan: Plan, x: torch.Tensor, before: torch.Tensor) -> str | None:
    """What no error bound shows: the input written to, memory shared with the input or with other outputs."""
    if not torch.equal(x, before):
        return "the input was written to"
    if not isinstance(y, torch.Tensor) or y.numel() == 0:
        return None
    if _address(y) == _address(x):
        return "the output shares memory with the input"
    # While they all live, every output must lie elsewhere.
    outputs = [y]
    started = time.perf_counter()
    while len(outputs) < _OUTPUTS_HELD and (len(outputs) < 2 or time.perf_counter() - started < _HOLDING_S):
        outputs.append(plan(x))
    if len({_address(output) for output in outputs}) < len(outputs):
        return "it handed out the same memory twice: every output must be fresh"
    return None


def _address(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _synchronise(case: Case) -> None:
    if case.device == "cuda":
        torch.cuda.synchronize()
