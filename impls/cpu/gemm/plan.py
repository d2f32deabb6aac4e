"""Plans of implicit GEMM on the CPU: kernels compiled, weights packed into panels."""

from __future__ import annotations

import torch

from impls.cpu.compiler.drivers import Integers
from impls.cpu.gemm import driver
from impls.cpu.gemm.blocking import BlockSizes, block_sizes, columns_of, packed_shape, panel_of
from impls.cpu.gemm.kernels import block_kernel, pack_kernel
from impls.cpu.writing import make_writer
from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.interface import Case, Writer
from impls.tensors import has_padding


def writer_of(
    case: Case, weight: torch.Tensor, bias: torch.Tensor | None, workers: int, epilogue: Epilogue = NO_EPILOGUE
) -> Writer:
    """The convolution of the case with these weights, in blocks that suit this many workers."""
    p, dtype = case.problem, case.numbers.dtype
    blocks = block_sizes(case, workers)
    kernels = pack_kernel(dtype, case.layout), block_kernel(dtype, case.layout, blocks.rows, epilogue)
    packed = _packed(weight.detach(), case, blocks)
    shift = weight.new_zeros(p.out_channels) if bias is None else bias.detach().contiguous()
    sizes = Integers(driver.Panels(
        case.numbers.bytes, blocks.rows, columns_of(dtype), panel_of(case, blocks), blocks.terms, blocks.pixels,
        blocks.kernels, p.batch, p.groups, p.in_channels // p.groups, p.out_channels // p.groups, *_planes(case),
        *p.kernel, *p.stride, p.padding[0][0], p.padding[1][0], *p.dilation,
    ))  # fmt: skip
    by_layout = driver.convolve_nchw if case.layout == "nchw" else driver.convolve_nhwc
    operands = driver.FusedOperands if epilogue else driver.Operands
    convolve = by_layout.compiled(o=operands._fields, g=driver.Panels._fields)
    patch_bytes = case.numbers.bytes * blocks.terms * blocks.pixels

    def write(x: torch.Tensor, residual: torch.Tensor | None, y: torch.Tensor, workspace: int, threads: int) -> None:
        arrays = [part.data_ptr() for part in (x, packed, shift, y)]
        distance = [0 if residual is None else residual.data_ptr() - y.data_ptr()] if epilogue else []
        own = Integers(operands._make([*kernels, *arrays, workspace, *distance]))
        convolve(own.address, sizes.address, threads)

    return make_writer(case, write, lambda threads: patch_bytes * threads)


def _planes(case: Case) -> tuple[int, int, int, int]:
    """Height and width of an image and of its outputs: one long row where each output sees one pixel alone."""
    p = case.problem
    if p.kernel == (1, 1) and p.stride == (1, 1) and not has_padding(p):
        pixels = p.size[0] * p.size[1]
        return 1, pixels, 1, pixels
    return *p.size, *p.output_size


def _packed(weight: torch.Tensor, case: Case, blocks: BlockSizes) -> torch.Tensor:
    """Weights in panels of kernels, the last one filled up with zeros."""
    groups, panels, terms, panel = packed_shape(case, blocks)
    by_tap = weight if case.layout == "nchw" else weight.permute(0, 2, 3, 1)
    grouped = by_tap.reshape(groups, -1, terms)
    filled = weight.new_zeros(groups, panels * panel, terms)
    filled[:, : grouped.shape[1]] = grouped
    packed: torch.Tensor = filled.unflatten(1, (panels, panel)).transpose(2, 3)
    return packed.contiguous()
