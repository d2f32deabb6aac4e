"""Plans and calls an implementation once and judges the result, before anything is timed.

A result passes if it has the right shape, type and layout, is a tensor of its own, leaves its input alone and
is within the loosest of its implementation's bounds (impls.error_bounds), on each element and in the rms.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from bench.gate import HOLDING_S, OUTPUTS_HELD
from bench.gate.inputs import Inputs
from bench.gate.judge import Judgement, judge
from impls.interface import Case, Implementation, Plan
from impls.planning import prepare


@dataclass(frozen=True, slots=True)
class Gated:
    """An implementation that was planned and called once on inputs with a known answer."""

    plan: Plan
    verdict: Judgement
    plan_s: float
    plan_cached_s: float
    first_call_s: float


def gate(
    implementation: Implementation,
    case: Case,
    inputs: Inputs,
    *,
    tricks: bool = True,
    compiled_s: Callable[[], float] = lambda: 0.0,
) -> Gated:
    """Plan, call once, judge, and with `tricks` look for cheating; x is as it was before.

    `compiled_s` tells the seconds of compilation since the start: `plan_cached_s` is the plan without them.

    Weight and bias are passed as copies: a plan may keep them, and cannot change those of others. Raises whatever the
    implementation raises.
    """
    before = inputs.x.clone()
    weight = inputs.weight.clone()
    bias = None if inputs.bias is None else inputs.bias.clone()
    try:
        started = time.perf_counter()
        plan = prepare(implementation, case, weight, bias)
        _synchronise(case)
        planned, planning_jit_s = time.perf_counter(), compiled_s()
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
    plan_s = planned - started
    return Gated(plan, verdict, plan_s, max(0.0, plan_s - planning_jit_s), called - planned)


def _trick(y: object, plan: Plan, x: torch.Tensor, before: torch.Tensor) -> str | None:
    """A fault that no error bound shows: the input written to, memory shared with the input or other outputs."""
    if not torch.equal(x, before):
        return "the input was written to"
    if not isinstance(y, torch.Tensor) or y.numel() == 0:
        return None
    if _address(y) == _address(x):
        return "the output shares memory with the input"
    # While they all exist, every output must have memory of its own.
    outputs = [y]
    started = time.perf_counter()
    while len(outputs) < OUTPUTS_HELD and (len(outputs) < 2 or time.perf_counter() - started < HOLDING_S):
        outputs.append(plan(x))
    if len({_address(output) for output in outputs}) < len(outputs):
        return "it handed out the same memory twice: every output must be fresh"
    return None


def _address(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _synchronise(case: Case) -> None:
    if case.device == "cuda":
        torch.cuda.synchronize()
