"""Winograd on CUDA: transforms by Triton and torch's products, at every border, with groups, in all types."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import impls
from bench.run.validate import default_problems
from impls import Case, ConvProblem
from impls.cook_toom import transforms
from impls.gpu import winograd_kernel, winograd_plan
from impls.interface import Plan
from impls.modes import precision_mode
from tests.impls.gpu.triton_verdicts import verdict

NAMES = ["winograd-f2", "winograd-f4"]
LAYOUTS = ["nchw", "nhwc"]
PRECISIONS = {name: impls.get(name).precisions for name in NAMES}


@pytest.fixture
def _large_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter takes the same time for a block of any size."""
    monkeypatch.setattr(winograd_kernel, "block_of", lambda dtype: 8192)


def _check(name: str, problem: ConvProblem, precision: str, layout: str) -> None:
    judged = verdict(name, problem, precision, layout)
    assert judged.ok, f"{problem.descriptor}: {judged.reason}"


@pytest.mark.full
@pytest.mark.usefixtures("_large_blocks")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("name", "precision"), [(name, p) for name in NAMES for p in PRECISIONS[name]])
def test_every_problem_is_right(name: str, precision: str, layout: str) -> None:
    implementation = impls.get(name)
    taken = [p for p in default_problems() if implementation.why_not(Case(p, precision, layout, "cuda")) is None]
    assert len(taken) > 5
    for problem in taken:
        if problem.batch > 0:
            _check(name, problem, precision, layout)


@pytest.mark.full
@pytest.mark.usefixtures("_large_blocks")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_every_size_is_right(name: str, layout: str) -> None:
    for size in range(1, 17):
        _check(name, ConvProblem(1, 2, (size, 17 - size), 3, (3, 3), padding=((1, 1), (1, 1))), "fp32", layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_several_blocks_are_right(name: str, layout: str) -> None:
    """There are several blocks, and the last one is not full."""
    _check(name, ConvProblem.parse("mb1ic13ih17oc11kh3ph1", bias=True), "fp32", layout)


@pytest.mark.usefixtures("_large_blocks")
@pytest.mark.parametrize("padding", [((0, 2), (1, 0)), ((3, 0), (0, 4)), ((5, 5), (7, 2))])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_any_padding_batch_and_groups_are_right(
    name: str, layout: str, padding: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    _check(name, ConvProblem(3, 15, (6, 5), 10, (3, 3), padding=padding, groups=5, bias=True), "fp32", layout)


@pytest.mark.usefixtures("_large_blocks")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("name", "precision"), [("winograd-f2", "bf16"), ("winograd-f2", "fp16"), ("winograd-f4", "fp16")]
)
def test_long_sums_of_16_bit_products_are_right(name: str, precision: str, layout: str) -> None:
    _check(name, ConvProblem.parse("mb1ic256ih10oc16kh3ph1"), precision, layout)


@pytest.mark.parametrize(
    ("name", "precision", "reason"),
    [
        ("winograd-f4", "bf16", "computes in fp32, fp64, fp16, not in bf16"),
        ("winograd-f6", "fp16", "computes in fp32, fp64, not in fp16"),
        ("winograd-f2", "tf32", "computes in fp32, fp64, bf16, fp16, not in tf32"),
    ],
)
def test_precisions_beyond_the_bounds_are_refused(name: str, precision: str, reason: str) -> None:
    assert impls.get(name).why_not(Case(ConvProblem.parse("mb1ic8ih8oc8kh3"), precision, device="cuda")) == reason


def test_products_of_fp32_are_ieee_for_any_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    switch, multiply, seen = torch.backends.cuda.matmul, torch.bmm, []

    def watched(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        seen.append(switch.fp32_precision)
        return multiply(a, b)

    monkeypatch.setattr(torch, "bmm", watched)
    case = Case(ConvProblem.parse("mb1ic4ih8oc4kh3"), device="cuda")
    with precision_mode(replace(case, precision="tf32")), precision_mode(case):
        plan = impls.get("winograd-f4").plan(case, torch.randn(case.problem.weight_shape), None)
        assert isinstance(plan, Plan)
        plan.run(torch.randn(case.problem.input_shape))
    assert seen == ["ieee"]


def test_transforms_of_f2_cost_the_published_flops() -> None:
    """32 floating-point operations for data, 24 for the inverse: Lavin and Gray, section 4.1."""
    matrices = transforms(2, 3)
    assert 2 * 4 * winograd_plan.flops(matrices.data) == 32
    assert (4 + 2) * winograd_plan.flops(matrices.inverse) == 24


@pytest.mark.parametrize("name", NAMES)
def test_work_is_counted(name: str) -> None:
    """One tile, two input channels, three output channels, a bias; 4 bytes an element."""
    implementation = impls.get(name)
    m = int(name[-1])
    side = m + 2
    work = implementation.work(Case(ConvProblem(1, 2, (side, side), 3, (3, 3), bias=True), device="cuda"))
    matrices = transforms(m, 3)
    data, inverse = winograd_plan.flops(matrices.data), winograd_plan.flops(matrices.inverse)
    assert work.flops == 2 * 2 * side * data + 2 * side**2 * 6 + 3 * ((side + m) * inverse + m * m)
    assert work.workspace_bytes == 4 * side**2 * (2 + 3)
    assert work.plan_bytes == 4 * (side**2 * 6 + 3)
