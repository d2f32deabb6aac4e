"""Convolution as a matrix product over patches of which only a block ever exists.

What im2col does, without its matrix: patches are copied into what a blocked GEMM copies its operands into anyway. On
the CPU these are panels in its second-level cache (impls.cpu.gemm.driver), on CUDA blocks in shared memory
(impls.gpu.implicit_gemm_kernel); both name their sources.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from impls.compiled import Compiled
from impls.gpu.implicit_gemm_blocks import Sizes, configurations
from impls.interface import Case, Plan, Work
from impls.tensors import dtype_of, has_padding, in_layout, output_maker

# A block of patches stays in the second-level cache (half a megabyte or more in processors of the last years), beside
# the weights and outputs that pass by it.
_BLOCK_BYTES = 256 * 1024
# A block of terms makes that long sums in registers: enough to hide loading and storing them.
_TERMS = 256
# Copying an element into a panel takes the time of that many multiply–adds, half a cycle of two 16-lane FMA units; so
# does fetching a weight that a task finds in no nearer cache than the third.
_COPY_FMAS = 16
_WEIGHT_FMAS = 16
# On CUDA sums are float32, float64 for float64.
_SUM_BYTES = 4


@dataclass(frozen=True, slots=True)
class Blocking:
    """Rows of a register block, and how many terms, pixels and output channels a worker takes at once."""

    rows: int
    terms: int
    pixels: int
    kernels: int


class ImplicitGemm(Compiled):
    name = "implicit-gemm"
    algorithm = "implicit-gemm"
    provider = "numba, triton"
    precisions = ("fp32", "fp64", "tf32", "tf32x3", "bf16", "fp16")
    bounds = ("direct",)
    modules = ("numba", "impls.cpu.gemm.driver")
    cuda_module = "impls.gpu.implicit_gemm_plan"

    def work(self, case: Case) -> Work:
        if case.device == "cuda":
            return _work_on_cuda(case)
        p, size = case.problem, case.numbers.bytes
        blocking = blocking_for(case, torch.get_num_threads())
        repeats = -(-(p.out_channels // p.groups) // blocking.kernels)
        patches = p.in_channels * p.kernel[0] * p.kernel[1] * p.batch * p.output_size[0] * p.output_size[1]
        partial = -(-p.terms // blocking.terms) - 1
        return Work(
            flops=p.direct_flops + p.outputs * p.bias,
            # The input is read for the patches, which are written and read; sums are stored after each block of terms.
            bytes_moved=case.compulsory_bytes + size * (3 * repeats * patches + 2 * partial * p.outputs),
            workspace_bytes=size * torch.get_num_threads() * blocking.terms * blocking.pixels,
            plan_bytes=size * (math.prod(_packed_shape(case, blocking)) + p.out_channels),
        )

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        if case.device == "cuda":
            from impls.gpu import implicit_gemm_plan

            return implicit_gemm_plan.plan(case, weight, bias)
        from impls.cpu.gemm import driver as panel_driver
        from impls.cpu.gemm import kernels as panel_kernels

        p, dtype, workers = case.problem, case.numbers.dtype, torch.get_num_threads()
        blocking = blocking_for(case, workers)
        kernels = (
            panel_kernels.pack_kernel(dtype, case.layout),
            panel_kernels.block_kernel(dtype, case.layout, blocking.rows),
        )
        packed = _packed(weight.detach(), case, blocking)
        shift = weight.new_zeros(p.out_channels) if bias is None else bias.detach().contiguous()
        columns, panel = panel_kernels.columns_of(dtype), _panel(case, blocking)
        sizes = panel_driver.Panels(
            case.numbers.bytes, blocking.rows, columns, panel, blocking.terms, blocking.pixels, blocking.kernels,
            p.batch, p.groups, p.in_channels // p.groups, p.out_channels // p.groups, *_planes(case),
            *p.kernel, *p.stride, p.padding[0][0], p.padding[1][0], *p.dilation,
        )  # fmt: skip
        convolve = panel_driver.convolve_nchw if case.layout == "nchw" else panel_driver.convolve_nhwc
        output, kind = output_maker(case), dtype_of(case)

        def run(x: torch.Tensor) -> torch.Tensor:
            dense, y = in_layout(x, case.layout), output()
            patches = torch.empty(workers * blocking.terms * blocking.pixels, dtype=kind)
            arrays = [part.data_ptr() for part in (dense, packed, shift, y, patches)]
            convolve(panel_driver.Operands._make([*kernels, *arrays]), sizes, workers)
            return y

        return Plan(run)


def work_in_parts(case: Case, parts: int) -> Work:
    """On CUDA every array once, as patches exist in shared memory only; TF32 in three parts multiplies three times.

    Where sums are cut into parts, these are stored, read and added up.
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


def _work_on_cuda(case: Case) -> Work:
    """What holds in all blocks that tuning may choose: whether sums are cut into parts, only the plan knows."""
    whole = work_in_parts(case, 1)
    if case.problem.outputs == 0 or all(c.parts == 1 for c in configurations(sizes_of(case), case.precision)):
        return whole
    return Work(plan_bytes=whole.plan_bytes)


def sizes_of(case: Case) -> Sizes:
    """The case as kernels of a GPU take it."""
    p = case.problem
    return Sizes(
        case.numbers.bytes, p.batch, p.groups, p.in_channels // p.groups, p.out_channels // p.groups, p.size,
        p.output_size, p.kernel, p.stride, (p.padding[0][0], p.padding[1][0]), p.dilation, case.layout == "nhwc",
    )  # fmt: skip


def blocking_for(case: Case, workers: int) -> Blocking:
    """The blocks that are done soonest: pixels are shared out among workers, and output channels where that is better.

    Modelled for each way of sharing: multiply–adds of whole register blocks, copying of patches and fetching
    of weights, of the worker that has most to do.
    """
    from impls.cpu.gemm.kernels import columns_of, most_rows

    p, is_nchw, columns = case.problem, case.layout == "nchw", columns_of(case.numbers.dtype)
    kernels = p.out_channels // p.groups
    pixels = p.output_size[0] * p.output_size[1] * (1 if is_nchw else max(1, p.batch))
    rows = _even_share(kernels if is_nchw else pixels, most_rows())
    pixel_step, kernel_step = (columns, rows) if is_nchw else (rows, columns)
    terms = _even_share(p.terms, _TERMS)
    most = max(pixel_step, _BLOCK_BYTES // (case.numbers.bytes * terms) // pixel_step * pixel_step)
    repeated = p.groups * (p.batch if is_nchw else 1)

    def cost(pixel_block: int, kernel_block: int) -> int:
        tasks = repeated * -(-pixels // pixel_block) * -(-kernels // kernel_block)
        each = pixel_block * (kernel_block + _COPY_FMAS) + _WEIGHT_FMAS * kernel_block
        return -(-tasks // workers) * each

    # Fewer parts than this give the largest block, as one does: an image of any size has as many choices.
    parts = max(1, -(-pixels // most))
    choices = [
        (min(_up(-(-pixels // a), pixel_step), most), _up(-(-kernels // b), kernel_step))
        for a in (1, *range(parts, parts + 2 * workers))
        for b in range(1, workers + 1)
    ]
    pixel_block, kernel_block = min(choices, key=lambda choice: cost(*choice))
    return Blocking(rows, terms, pixel_block, kernel_block)


def _even_share(count: int, most: int) -> int:
    """The size of equal parts, none larger than `most`."""
    return -(-count // -(-count // most)) if count else 1


def _up(count: int, step: int) -> int:
    return -(-count // step) * step


def _planes(case: Case) -> tuple[int, int, int, int]:
    """Height and width of an image, and of its outputs: one long row where every output is of one pixel alone."""
    p = case.problem
    if p.kernel == (1, 1) and p.stride == (1, 1) and not has_padding(p):
        pixels = p.size[0] * p.size[1]
        return 1, pixels, 1, pixels
    return *p.size, *p.output_size


def _panel(case: Case, blocking: Blocking) -> int:
    """Kernels in a panel of packed weights: the rows of a register block, or its columns."""
    from impls.cpu.gemm.kernels import columns_of

    return blocking.rows if case.layout == "nchw" else columns_of(case.numbers.dtype)


def _packed_shape(case: Case, blocking: Blocking) -> tuple[int, int, int, int]:
    """(groups, panels of kernels, terms, panel)."""
    p, panel = case.problem, _panel(case, blocking)
    return p.groups, -(-(p.out_channels // p.groups) // panel), p.terms, panel


def _packed(weight: torch.Tensor, case: Case, blocking: Blocking) -> torch.Tensor:
    """Weights in panels of kernels, the last one filled up with zeros."""
    groups, panels, terms, panel = _packed_shape(case, blocking)
    by_tap = weight if case.layout == "nchw" else weight.permute(0, 2, 3, 1)
    grouped = by_tap.reshape(groups, -1, terms)
    filled = weight.new_zeros(groups, panels * panel, terms)
    filled[:, : grouped.shape[1]] = grouped
    packed: torch.Tensor = filled.unflatten(1, (panels, panel)).transpose(2, 3)
    return packed.contiguous()
