"""Direct convolution on CUDA: depthwise and few channels in a group, all tiles, all remainders."""

from __future__ import annotations

from functools import partial

import pytest
import torch
import triton

import impls
from bench.run.validate import default_problems
from impls import Case, ConvProblem
from impls.gpu import direct_plan
from impls.gpu.direct_kernel import NCHW, NHWC, SHARED, ProgramTile
from impls.interface import Plan
from tests.impls.gpu.triton_verdicts import verdict

PROBLEMS = [p for p in default_problems() if p.batch > 0 and p.in_channels // p.groups <= 8]


def _check(problem: ConvProblem, precision: str, layout: str, tile: ProgramTile) -> None:
    """Check one tile, whatever the implementation would choose."""

    def plan(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        return Plan(partial(direct_plan.runs(case, weight, bias), tile))

    judged = verdict("direct", problem, precision, layout, plan)
    assert judged.ok, f"{problem.descriptor} {tile}: {judged.reason}"


@pytest.mark.full
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("precision", ["fp32", "fp64", "bf16", "fp16"])
def test_every_problem_is_right(precision: str, layout: str) -> None:
    for problem in PROBLEMS:
        # The interpreter takes the same time for a tile of any size, and longer for more terms: long sums run once.
        if problem.terms < 100 or (precision, layout) == ("fp32", "nchw"):
            sizes = (*problem.output_size, problem.out_channels)
            rows, columns, channels = (triton.next_power_of_2(n) for n in sizes)
            _check(problem, precision, layout, ProgramTile(rows, columns, channels, 4))


@pytest.mark.parametrize(
    ("layout", "descriptor", "tile"),
    [
        *[("nhwc", "g66mb1ic66ih9iw17oc66kh3kw3ph1pw1", tile) for tile in NHWC],
        *[("nchw", "g3mb1ic3ih9iw33oc3kh3kw3ph1pw1", tile) for tile in NCHW],
        *[("nchw", "mb1ic2ih9iw65oc33kh3kw2ph1pw0", tile) for tile in SHARED],
    ],
)
def test_every_tile_is_right_with_remainders_on_all_sides(layout: str, descriptor: str, tile: ProgramTile) -> None:
    _check(ConvProblem.parse(descriptor, bias=True), "fp32", layout, tile)


@pytest.mark.full
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize(("size", "channels"), [(1, 8), (2, 5), (17, 2), (33, 1)])
def test_all_sizes_and_channels_are_right(size: int, channels: int, layout: str) -> None:
    for groups in (1, 3):
        problem = ConvProblem(
            1, channels * groups, (size, 34 - size), 5 * groups, (2, 3), padding=((0, 1), (1, 1)), groups=groups
        )
        judged = verdict("direct", problem, "fp32", layout)
        assert judged.ok, f"{problem.descriptor}: {judged.reason}"


def test_plans_take_inputs_of_any_strides() -> None:
    case = Case(ConvProblem.parse("g4mb2ic4ih8iw9oc4kh3kw3ph1pw1"), device="cuda")
    x, weight = torch.randn(2, 4, 9, 8).transpose(2, 3)[:, :, ::1].flip(1), torch.randn(case.problem.weight_shape)
    plan = impls.get("direct").plan(case, weight, None)
    assert isinstance(plan, Plan)
    torch.testing.assert_close(plan.run(x), torch.conv2d(x, weight, padding=1, groups=4))


def test_more_channels_are_refused_in_words() -> None:
    reason = impls.get("direct").why_not(Case(ConvProblem.parse("mb1ic9ih8oc4kh3"), device="cuda"))
    assert reason == "on cuda it takes at most 8 channels in a group, not 9; use implicit-gemm"
