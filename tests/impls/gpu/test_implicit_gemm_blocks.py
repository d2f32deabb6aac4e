"""The blocks that are tried for a problem, and its work, without Triton and without a GPU."""

from __future__ import annotations

from typing import Any

import pytest

from impls import Case, ConvProblem, get
from impls.gpu.implicit_gemm_blocks import SCALAR, TENSOR_CORE, configurations
from impls.gpu.implicit_gemm_work import sizes_of, work_in_parts


def _tried(descriptor: str, precision: str = "bf16") -> Any:
    case = Case(ConvProblem.parse(descriptor), precision, "nhwc", "cuda")
    return configurations(sizes_of(case), precision), sizes_of(case)


def test_a_large_problem_is_tried_in_all_blocks_without_parts() -> None:
    assert _tried("mb32ic64ih56oc256kh3ph1")[0] == TENSOR_CORE
    assert _tried("mb32ic64ih56oc256kh3ph1", "fp32")[0] == SCALAR


def test_few_blocks_are_divided_by_their_terms() -> None:
    tried, sizes = _tried("mb1ic512ih7oc512kh3ph1")
    assert {c.pixels for c in tried} == {64}
    divided = [c for c in tried if c.parts > 1]
    assert divided
    for c in divided:
        share = -(-sizes.steps(c) // c.parts)
        assert share >= 4
        # The last part has work to do.
        assert (c.parts - 1) * share < sizes.steps(c)


@pytest.mark.parametrize(
    "descriptor", ["mb1ic1ih1oc1kh1", "g8mb1ic8ih10oc8kh3ph1", "mb1ic3ih9oc4kh3", "mb1ic16ih4oc16kh9ph4"]
)
@pytest.mark.parametrize("precision", ["fp64", "fp32", "tf32", "bf16"])
def test_every_problem_has_a_configuration(descriptor: str, precision: str) -> None:
    assert _tried(descriptor, precision)[0]


@pytest.mark.parametrize(
    ("descriptor", "steps"),
    [
        ("mb1ic128ih9oc8kh3", 9 * 2),
        ("mb1ic65ih9oc8kh3", 9 * 2),
        ("mb1ic65ih9oc8kh1", 2),
        # Fewer channels than a block has terms: seven by seven taps of three channels in one row.
        ("mb1ic3ih19oc8kh7", 3),
        # A plain matrix product sums over channels only.
        ("mb1ic3ih19oc8kh1", 1),
        ("mb1ic3ih19oc8kh1sh2", 1),
    ],
)
def test_steps_are_counted(descriptor: str, steps: int) -> None:
    tried, sizes = _tried(descriptor)
    assert sizes.steps(tried[0]) == steps


def test_work_before_tuning_is_known_or_none() -> None:
    implicit_gemm = get("implicit-gemm")
    large, small = (
        Case(ConvProblem.parse(d), "tf32", "nhwc", "cuda")
        for d in ("mb32ic64ih56oc256kh3ph1", "mb1ic512ih7oc512kh3ph1")
    )
    work = implicit_gemm.work(large)
    assert (work.flops, work.bytes_moved) == (large.problem.direct_flops, large.compulsory_bytes)
    assert work.workspace_bytes == 0
    unknown = implicit_gemm.work(small)
    assert (unknown.flops, unknown.bytes_moved, unknown.workspace_bytes) == (None, None, None)
    three = implicit_gemm.work(Case(large.problem, "tf32x3", "nhwc", "cuda"))
    assert three.flops == 3 * large.problem.direct_flops


@pytest.mark.parametrize(("precision", "bytes_", "sum_bytes"), [("bf16", 2, 4), ("tf32", 4, 4), ("fp64", 8, 8)])
def test_work_counts_storing_reading_and_adding_parts(precision: str, bytes_: int, sum_bytes: int) -> None:
    """2 images of 3 channels of 4 × 4, 5 output channels of 1 × 1 kernels and a bias."""
    case = Case(ConvProblem.parse("mb2ic3ih4oc5kh1", bias=True), precision, "nhwc", "cuda")
    outputs, weights = 2 * 5 * 16, 5 * 3 + 5
    whole, cut = work_in_parts(case, 1), work_in_parts(case, 7)
    assert (whole.flops, whole.workspace_bytes) == (2 * 3 * outputs + outputs, 0)
    assert whole.bytes_moved == bytes_ * (2 * 3 * 16 + weights + outputs)
    assert whole.flops is not None
    assert (cut.flops, cut.workspace_bytes) == (whole.flops + 7 * outputs, 7 * outputs * sum_bytes)
    assert cut.bytes_moved == whole.bytes_moved + 2 * 7 * outputs * sum_bytes
    assert whole.plan_bytes == cut.plan_bytes == bytes_ * weights


@pytest.mark.parametrize("name", ["implicit-gemm", "direct", "loops", "winograd-f2", "winograd-f4", "im2col", "fft"])
def test_the_work_of_an_empty_batch_on_cuda_is_counted(name: str) -> None:
    work = get(name).work(Case(ConvProblem.parse("mb0ic4ih5oc2kh3ph1"), device="cuda"))
    assert work.flops in (0, None)
