"""Direct convolution by every path, with vectors of this host and of others, for any number of threads."""

from __future__ import annotations

import numba
import pytest
import torch

from bench.gate.inputs import draw
from bench.gate.judge import judge
from impls import Case, ConvProblem
from impls.cpu import team
from impls.cpu.compiler.host import VectorUnit
from impls.cpu.direct import plan
from impls.cpu.direct.choice import schedule_of
from impls.cpu.direct.plan import run_of
from impls.direct import Direct
from impls.tensors import in_layout
from tests.impls.cpu.direct.problems import PROBLEMS
from tests.impls.epilogues import BOTH, EPILOGUES, require_right

AVX512 = VectorUnit(64, 32, has_fma=True)
AVX2 = VectorUnit(32, 16, has_fma=True)
PLAIN = VectorUnit(16, 16, has_fma=False)
MACHINES = [("avx512", AVX512, "fp32"), ("avx512", AVX512, "fp64"), ("avx2", AVX2, "fp32"), ("plain", PLAIN, "fp32")]


@pytest.mark.sample(every=6)
@pytest.mark.parametrize(("unit", "precision"), [m[1:] for m in MACHINES], ids=[f"{m[0]}-{m[2]}" for m in MACHINES])
@pytest.mark.parametrize(("path", "layout", "descriptor"), PROBLEMS)
def test_every_path_is_right_at_every_width(
    path: str, layout: str, descriptor: str, unit: VectorUnit, precision: str
) -> None:
    for bias in (False, True):
        case = Case(ConvProblem.parse(descriptor, bias=bias), precision, layout)
        if unit is AVX512 and precision == "fp32":
            assert schedule_of(case, 4, unit).path == path
        inputs = draw(case, 11)
        run = run_of(case, inputs.weight, inputs.bias, unit)
        verdict = judge(run(in_layout(inputs.x, layout)), inputs.truth, Direct(), case)
        assert verdict.ok, verdict.reason


@pytest.mark.parametrize(
    ("layout", "descriptor"), {path: (layout, descriptor) for path, layout, descriptor in PROBLEMS}.values()
)
def test_a_problem_of_each_path_applies_an_epilogue(layout: str, descriptor: str) -> None:
    require_right("direct", Case(ConvProblem.parse(descriptor, bias=True), "fp32", layout), BOTH)


# The last write is the same code in every path and precision: each problem once, and each path in both precisions.
@pytest.mark.full
@pytest.mark.parametrize(
    ("path", "layout", "descriptor", "precision"),
    [(*problem, ("fp32", "fp64")[number % 2]) for number, problem in enumerate(sorted(PROBLEMS))],
)
def test_every_path_applies_an_epilogue(path: str, layout: str, descriptor: str, precision: str) -> None:
    for epilogue in EPILOGUES:
        require_right("direct", Case(ConvProblem.parse(descriptor, bias=True), precision, layout), epilogue)


@pytest.mark.full
@pytest.mark.parametrize(
    ("path", "layout", "descriptor", "unit"),
    [(*problem, (AVX2, PLAIN)[number % 2]) for number, problem in enumerate(sorted(PROBLEMS))],
)
def test_epilogues_are_right_at_every_width(path: str, layout: str, descriptor: str, unit: VectorUnit) -> None:
    case = Case(ConvProblem.parse(descriptor), "fp32", layout)
    inputs = draw(case, 13)
    residual = in_layout(torch.randn(case.problem.output_shape), layout)
    plain = run_of(case, inputs.weight, None, unit)(in_layout(inputs.x, layout))
    fused = run_of(case, inputs.weight, None, unit, BOTH)(in_layout(inputs.x, layout), residual)
    assert torch.equal(fused, (plain + residual).relu())


@pytest.mark.parametrize(("path", "layout", "descriptor"), PROBLEMS)
def test_results_are_identical_for_any_number_of_threads(
    path: str, layout: str, descriptor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small ones would run on one thread.
    monkeypatch.setattr(team, "_FLOPS_OF_A_TEAM", 1)
    case = Case(ConvProblem.parse(descriptor), "fp32", layout)
    inputs = draw(case, 12)
    run = run_of(case, inputs.weight, inputs.bias)
    before = numba.get_num_threads()
    try:
        results = []
        for threads in range(1, before + 1):
            numba.set_num_threads(threads)
            results.append(run(inputs.x))
    finally:
        numba.set_num_threads(before)
    assert all(torch.equal(results[0], other) for other in results)


@pytest.mark.parametrize("problem", ["g19mb1ic19ih7iw9oc19kh3ph1kw3pw1", "g9mb2ic36ih6iw12oc36kh3ph1kw3pw1"])
def test_prefetching_changes_no_result(problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(ConvProblem.parse(problem, bias=True), layout="nhwc")
    inputs = draw(case, 4)
    plain = run_of(case, inputs.weight, inputs.bias)(inputs.x)
    asked = []
    monkeypatch.setattr(plan, "_CACHED_BYTES", 0)
    kernel = plan.sliding_channels_kernel
    monkeypatch.setattr(plan, "sliding_channels_kernel", lambda tile: (asked.append(tile.ahead), kernel(tile))[1])
    assert torch.equal(plain, run_of(case, inputs.weight, inputs.bias)(inputs.x))
    assert asked
    assert all(asked)
