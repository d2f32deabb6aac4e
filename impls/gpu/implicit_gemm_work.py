"""Sizes and work of implicit GEMM on a GPU: plain numbers, Triton is not loaded."""

from __future__ import annotations

from impls.gpu.implicit_gemm_blocks import Sizes, configurations
from impls.interface import Case, Work

# Sums are float32, float64 for float64.
_SUM_BYTES = 4


def sizes_of(case: Case) -> Sizes:
    """The case as the GPU kernels take it."""
    p = case.problem
    return Sizes(
        case.numbers.bytes, p.batch, p.groups, p.in_channels // p.groups, p.out_channels // p.groups, p.size,
        p.output_size, p.kernel, p.stride, (p.padding[0][0], p.padding[1][0]), p.dilation, case.layout == "nhwc",
    )  # fmt: skip


def work(case: Case) -> Work:
    """The work that is the same in every configuration; only the plan knows whether sums are cut into parts."""
    whole = work_in_parts(case, 1)
    if case.problem.outputs == 0 or all(c.parts == 1 for c in configurations(sizes_of(case), case.precision)):
        return whole
    return Work(plan_bytes=whole.plan_bytes)


def work_in_parts(case: Case, parts: int) -> Work:
    """The work of a call that cuts its sums into `parts`, which are stored, read and added up.

    Every array moves once, as patches exist in shared memory only. TF32 in three parts multiplies three times.
    """
    p, products = case.problem, 3 if case.precision == "tf32x3" else 1
    sums = parts * p.outputs if parts > 1 else 0
    stored = sums * max(_SUM_BYTES, case.numbers.bytes)
    return Work(
        flops=products * p.direct_flops + p.outputs * p.bias + sums,
        bytes_moved=case.compulsory_bytes + 2 * stored,
        workspace_bytes=stored,
        plan_bytes=case.numbers.bytes * p.parameters,
    )
