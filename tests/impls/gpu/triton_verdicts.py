"""What a CUDA plan computes when Triton interprets it on the CPU, held to the bounds of its implementation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import impls
from bench.gate.inputs import draw
from bench.gate.judge import Verdict, judge
from impls import Case, ConvProblem
from impls.interface import Plan

SEED = 13


def verdict(
    name: str, problem: ConvProblem, precision: str, layout: str, plan: Callable[..., Plan] | None = None
) -> Verdict:
    """Of the implementation's own plan for CUDA, or of another made from (case, weight, bias)."""
    implementation, on_cuda = impls.get(name), Case(problem, precision, layout, "cuda")
    assert implementation.why_not(on_cuda) is None
    here = replace(on_cuda, device="cpu")
    inputs = draw(here, SEED)
    made = (plan or implementation.plan)(on_cuda, inputs.weight, inputs.bias)
    assert isinstance(made, Plan)
    before = inputs.x.clone()
    y = made.run(inputs.x)
    assert inputs.x.equal(before), "the input was written to"
    return judge(y, inputs.truth, implementation, here)
