"""implicit-gemm on CUDA, interpreted: right on every problem, at every border of its blocks."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
import torch

from bench.gate.inputs import draw
from bench.gate.judge import judge
from bench.run.validate import default_problems
from impls import Case, ConvProblem, get
from impls.gpu import implicit_gemm_kernel, implicit_gemm_plan
from impls.gpu.implicit_gemm_blocks import SCALAR, TENSOR_CORE, Configuration
from impls.gpu.implicit_gemm_plan import runs
from impls.interface import Plan
from tests.impls.gpu.triton_verdicts import verdict

PRECISIONS = get("implicit-gemm").precisions
LAYOUTS = ("nchw", "nhwc")


def _require_right(problem: ConvProblem, precision: str, layout: str) -> None:
    if problem.outputs == 0:
        # prepare() plans an empty batch itself.
        return
    found = verdict("implicit-gemm", problem, precision, layout)
    assert found.ok, f"{problem.descriptor} {precision} {layout}: {found.reason}"


@pytest.mark.full
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_problem_is_right(precision: str, layout: str) -> None:
    # Every problem in fp32 and bf16; the other types, which differ in the numbers alone, share the problems.
    others = [other for other in PRECISIONS if other not in ("fp32", "bf16")]
    for number, problem in enumerate(default_problems()):
        if precision in others and number % len(others) != others.index(precision):
            continue
        # The interpreter takes seconds for 961 taps of 1600 pixels, which all types sum alike: one type is enough.
        if problem.kernel != (31, 31) or (precision, layout) == ("bf16", "nhwc"):
            _require_right(problem, precision, layout)


def _remainders(count: int) -> list[ConvProblem]:
    """Problems with odd sizes, and every feature combined with every other."""
    draws = random.Random(6)
    problems = []
    for _ in range(count):
        groups = draws.choice((1, 1, 1, 2, 3, 5))
        channels, kernels = (draws.randrange(1, 34, 2) for _ in range(2))
        taps, stride, dilation = ((draws.randint(1, most), draws.randint(1, most)) for most in (4, 3, 2))
        padding = tuple((draws.randint(0, 2), draws.randint(0, 2)) for _ in range(2))
        span = tuple(d * (k - 1) + 1 for k, d in zip(taps, dilation, strict=True))
        size = tuple(draws.randint(s, max(s, 33 // groups)) for s in span)
        counts = {"batch": draws.randint(1, 3), "in_channels": groups * channels, "out_channels": groups * kernels}
        window = {"kernel": taps, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        problems.append(ConvProblem(size=size, bias=draws.random() < 0.5, **counts, **window))  # type: ignore[arg-type]
    return problems


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "problem",
    [p if i < 4 else pytest.param(p, marks=pytest.mark.full) for i, p in enumerate(_remainders(24))],
    ids=lambda p: p.descriptor,
)
def test_remainders_are_right(problem: ConvProblem, layout: str) -> None:
    _require_right(problem, "fp32", layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("configuration", {*TENSOR_CORE, *SCALAR}, ids=str)
@pytest.mark.parametrize("text", ["g2mb1ic36ih6oc40kh2", "mb1ic3ih9oc20kh5ph2"])
def test_every_configuration_is_right(text: str, configuration: Configuration, layout: str) -> None:
    """Blocks smaller and larger than the problem, tap by tap and all taps in one row."""
    _require_right_in(configuration, ConvProblem.parse(text, bias=True), "fp32", layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("precision", ["fp64", "fp32", "bf16"])
@pytest.mark.parametrize(("parts", "bias"), [(2, True), (3, False), (7, True)])
def test_terms_in_parts_are_right(parts: int, bias: bool, precision: str, layout: str) -> None:
    """As many parts as steps, more parts than steps, and parts of unequal steps."""
    problem = ConvProblem.parse("g2mb2ic12ih6oc10kh2", bias=bias)
    _require_right_in(Configuration(16, 16, 64, 4, 2, parts), problem, precision, layout)
    _require_right_in(
        Configuration(16, 16, 128, 4, 2, parts), ConvProblem.parse("mb1ic140ih5oc9kh1"), precision, layout
    )


@pytest.mark.parametrize("precision", ["fp64", "fp16"])
@pytest.mark.parametrize("parts", [1, 3])
def test_a_plan_counts_its_stored_sums(parts: int, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, allocate, allocated = Configuration(16, 16, 64, 4, 2, parts), torch.empty, []

    def watched(*shape: Any, **options: Any) -> torch.Tensor:
        allocated.append(allocate(*shape, **options))
        return allocated[-1]

    monkeypatch.setattr(implicit_gemm_plan, "fastest", lambda *given: chosen)
    case = Case(ConvProblem.parse("mb2ic12ih6oc10kh2"), precision)
    inputs = draw(case, 3)
    plan = get("implicit-gemm").plan(replace(case, device="cuda"), inputs.weight, None)
    assert isinstance(plan, Plan)
    monkeypatch.setattr(torch, "empty", watched)
    y = plan.run(inputs.x)
    temporary = [tensor for tensor in allocated if tensor is not y]
    assert plan.work is not None
    assert plan.work.workspace_bytes == sum(tensor.nbytes for tensor in temporary)
    assert bool(temporary) == (parts > 1)


def _require_right_in(configuration: Configuration, problem: ConvProblem, precision: str, layout: str) -> None:
    def plan(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        run = runs(case, weight, bias)
        return Plan(lambda x: run(configuration, x))

    found = verdict("implicit-gemm", problem, precision, layout, plan)
    assert found.ok, found.reason


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("text", ["g2mb2ic40ih7oc20kh3ph1", "mb2ic40ih9oc20kh1", "mb1ic3ih9oc20kh3"])
def test_offsets_of_64_bits_are_right(text: str, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(implicit_gemm_kernel, "_NARROW", 0)
    _require_right(ConvProblem.parse(text, bias=True), "fp32", layout)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_plan_runs_again_on_any_strides(layout: str) -> None:
    case = Case(ConvProblem.parse("mb2ic5ih9oc6kh3ph1", bias=True), layout=layout)
    inputs, implementation = draw(case, 1), get("implicit-gemm")
    plan = implementation.plan(replace(case, device="cuda"), inputs.weight, inputs.bias)
    assert isinstance(plan, Plan)
    first = plan.run(inputs.x)
    kept = first.clone()
    assert not torch.equal(plan.run(draw(case, 2).x), first)
    assert torch.equal(first, kept)
    spread = torch.zeros(*inputs.x.shape[:3], 2 * inputs.x.shape[3])
    spread[..., ::2] = inputs.x
    assert judge(plan.run(spread[..., ::2]), inputs.truth, implementation, case).ok
