"""The proof lists compiled kernels, and refuses impossible launches as a GPU would."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("triton", reason="needs Triton: pip install '.[triton]'")

import torch

from impls import Case, ConvProblem, get
from impls.gpu import proof
from impls.gpu.implicit_gemm_blocks import Configuration
from impls.gpu.implicit_gemm_plan import runs
from impls.gpu.proof import GRID_LIMIT, compiled_for
from impls.interface import Plan
from impls.tensors import in_layout


@pytest.fixture(autouse=True)
def _nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))


@pytest.mark.parametrize(
    ("problems", "builds"),
    [
        (["mb1ic3ih9oc5kh3"], 1),
        (["mb1ic3ih9oc5kh3", "mb1ic5ih11oc7kh3"], 1),
        # Triton makes a separate build for integers that are multiples of 16.
        (["mb1ic3ih9oc5kh3", "mb1ic16ih16oc16kh3"], 2),
    ],
)
def test_a_kernel_is_listed_once_however_often_it_is_launched(problems: list[str], builds: int) -> None:
    with compiled_for(90) as listed:
        for problem in map(ConvProblem.parse, problems):
            plan = get("loops").plan(Case(problem, device="cuda"), torch.zeros(problem.weight_shape), None)
            assert isinstance(plan, Plan)
            for _ in range(2):
                plan.run(torch.zeros(problem.input_shape))
    assert [build.kernel for build in listed] == ["one_output_a_lane"] * builds


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("wrong", [0, 1])
def test_launches_of_too_many_programs_are_refused(axis: int, wrong: int) -> None:
    grid = [1, 1, 1]
    grid[axis] = GRID_LIMIT[axis]
    proof._require_grid(*grid)
    grid[axis] = (GRID_LIMIT[axis] + 1) * wrong
    with pytest.raises(RuntimeError, match=r"a launch of .* programs; at most"):
        proof._require_grid(*grid)


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_more_groups_than_programs_on_a_short_axis_are_launched(layout: str) -> None:
    groups = GRID_LIMIT[1] + 1
    case = Case(ConvProblem(1, groups, (3, 1), groups, (2, 1), groups=groups), layout=layout)
    x, weight = torch.zeros(case.problem.input_shape), torch.zeros(case.problem.weight_shape)
    with compiled_for(90) as listed:
        runs(case, weight, None)(Configuration(64, 16, 64, 4, 2, parts=2), in_layout(x, layout))
    assert [build.kernel for build in listed] == ["convolve_block", "add_parts"]
