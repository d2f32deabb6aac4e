"""Implicit GEMM: borders of its blocks, its workspace, and identical results on any number of threads."""

from __future__ import annotations

import numba
import pytest
import torch

import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw
from impls import Case, ConvProblem
from impls.cpu.gemm.blocking import block_sizes, columns_of, most_rows
from tests.impls.epilogues import EPILOGUES, require_right

COLUMNS, ROWS = columns_of("float32"), most_rows()


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("width", [1, COLUMNS - 1, COLUMNS, COLUMNS + 1, 3 * COLUMNS + 5])
@pytest.mark.parametrize("kernels", [1, ROWS, ROWS + 1, COLUMNS, COLUMNS + 1])
def test_borders_of_register_blocks_are_right(kernels: int, width: int, layout: str) -> None:
    problem = ConvProblem(2, 3, (4, width), kernels, (3, 3), padding=((1, 1), (1, 1)), bias=True)
    case = Case(problem, layout=layout)
    assert gate(impls.get("implicit-gemm"), case, draw(case, 4)).verdict.ok


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("descriptor", ["mb1ic90ih7oc20kh3ph1", "mb2ic131ih9oc33kh5ph2sh2", "g2mb1ic300ih6oc70kh1"])
def test_sums_over_several_blocks_of_terms_are_right(descriptor: str, layout: str) -> None:
    case = Case(ConvProblem.parse(descriptor, bias=True), layout=layout)
    inputs = draw(case, 6)
    assert gate(impls.get("implicit-gemm"), case, inputs).verdict.ok


@pytest.mark.full
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize(
    "descriptor", ["mb1ic90ih7oc20kh3ph1", "mb2ic131ih9oc33kh5ph2sh2", "g2mb1ic300ih6oc70kh1", "mb3ic40ih7oc33kh1"]
)
def test_epilogues_follow_whole_sums(descriptor: str, layout: str) -> None:
    for precision in ("fp32", "fp64"):
        for epilogue in EPILOGUES:
            case = Case(ConvProblem.parse(descriptor, bias=True), precision, layout)
            require_right("implicit-gemm", case, epilogue)


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_results_are_identical_on_any_number_of_threads(layout: str) -> None:
    case = Case(ConvProblem.parse("mb2ic40ih23oc30kh3ph1", bias=True), layout=layout)
    inputs = draw(case, 9)
    before = torch.get_num_threads(), numba.get_num_threads()
    results = []
    for threads in (1, before[1], 3):
        torch.set_num_threads(threads)
        results.append(impls.prepare(impls.get("implicit-gemm"), case, inputs.weight, inputs.bias)(inputs.x))
    torch.set_num_threads(before[0])
    assert all(torch.equal(results[0], other) for other in results[1:])


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_workspace_is_a_fraction_of_the_patch_matrix_for_any_image(layout: str) -> None:
    def workspace(name: str, size: int) -> int:
        counted = impls.get(name).work(Case(ConvProblem.parse(f"mb1ic64ih{size}oc64kh3ph1"), layout=layout))
        assert counted.workspace_bytes is not None
        return counted.workspace_bytes

    assert workspace("implicit-gemm", 56) < workspace("im2col", 56) / 4
    assert workspace("implicit-gemm", 448) <= 1.2 * workspace("implicit-gemm", 112)


def test_workers_share_output_channels_where_there_are_few_pixels() -> None:
    few, many = (
        block_sizes(Case(ConvProblem.parse(text), layout="nchw"), 2)
        for text in ("mb1ic512ih7oc512kh3ph1", "mb1ic64ih56oc64kh3ph1")
    )
    assert few.kernels < 512
    assert many.kernels >= 64
