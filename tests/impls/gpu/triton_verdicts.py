"""Judges results of CUDA plans that Triton interprets on the CPU, by the bounds of their implementation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import impls
from bench.gate.inputs import draw
from bench.gate.judge import Judgement, judge
from impls import Case, ConvProblem
from impls.interface import Plan

SEED = 13


def verdict(
    name: str, problem: ConvProblem, precision: str, layout: str, plan: Callable[..., Plan] | None = None
) -> Judgement:
    """The verdict on the implementation's own CUDA plan, or on the one that `plan` makes from (case, weight, bias)."""
    implementation, on_cuda = impls.get(name), Case(problem, precision, layout, "cuda")
    assert implementation.why_not(on_cuda) is None
    here = replace(on_cuda, device="cpu")
    inputs = draw(here, SEED)
    made = (plan or implementation.plan)(on_cuda, inputs.weight, inputs.bias)
    assert isinstance(made, Plan)
    before = inputs.x.clone()
    y = made.run(inputs.x)
    assert inputs.x.equal(before), "the plan changed its input"
    return judge(y, inputs.truth, implementation, here)
