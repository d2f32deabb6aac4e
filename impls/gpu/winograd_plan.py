"""Plans of Winograd convolution of 3 × 3 kernels on CUDA: transforms by Triton, matrix products by cuBLAS.

Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016 (arXiv 1509.09308),
algorithm 1. Not fused: transformed data and sums pass through memory. 16-bit data are transformed in float32 and then
rounded once, as filters are, to enter the products, whose sums stay in float32: the two roundings that
impls.error_bounds counts. F4 magnifies data up to 49-fold: in fp16, data beyond ±1300 may overflow.
"""

from __future__ import annotations

import torch

from impls.by_torch.winograd import TAPS, filters_by_frequency
from impls.cook_toom import Matrix, transforms
from impls.interface import Case, Run, Work
from impls.problem import ConvProblem
from impls.tensors import empty_output

# Larger tiles would not fit a thread's registers: F6 has 64 frequencies.
TILES = (2, 4)
_SUM_BYTES = 4


def work(tile: int, case: Case) -> Work:
    """The work of a call for tiles of `tile` × `tile` outputs."""
    p, side, size = case.problem, tile + TAPS - 1, case.numbers.bytes
    images, rows, columns = _tiles(p, tile)
    count, per_group = images * rows * columns, p.in_channels // p.groups
    matrices = transforms(tile, TAPS)
    data = 2 * side * flops(matrices.data) * count * p.in_channels
    products = 2 * side**2 * count * p.out_channels * per_group
    inverse = ((side + tile) * flops(matrices.inverse) + tile**2 * p.bias) * count * p.out_channels
    filters = size * side**2 * p.out_channels * per_group
    transformed = size * side**2 * count * p.in_channels
    summed = max(size, _SUM_BYTES) * side**2 * count * p.out_channels
    return Work(
        plan_bytes=filters + size * p.out_channels * p.bias,
        flops=data + products + inverse,
        bytes_moved=case.compulsory_bytes + filters + 2 * (transformed + summed),
        workspace_bytes=transformed + summed,
    )


def flops(matrix: Matrix) -> int:
    """FLOPs of the matrix times a vector as compiled: without zeros, with additions and subtractions for ±1.

    Sums run from left to right; a common beginning of rows is computed once.
    """
    rows = [tuple((k, c) for k, c in enumerate(row) if c) for row in matrix]
    beginnings = {row[: n + 1] for row in rows for n in range(len(row))}
    return sum((len(terms) > 1) + (abs(terms[-1][1]) != 1) for terms in beginnings)


def planned(tile: int, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    """The convolution of the case with these weights, which are transformed now."""
    from impls.gpu.winograd_kernel import data_to_frequencies, frequencies_to_outputs, rows_of

    p, channels_last = case.problem, case.layout == "nhwc"
    matrices, side = transforms(tile, TAPS), tile + TAPS - 1
    data, inverse = rows_of(matrices.data), rows_of(matrices.inverse)
    filters = filters_by_frequency(tile, case, weight)
    shift = None if bias is None else bias.detach().contiguous()
    tiles, products = _tiles(p, tile), side**2 * p.groups
    count, padding = tiles[0] * tiles[1] * tiles[2], (p.padding[0][0], p.padding[1][0])
    inputs, outputs = p.in_channels // p.groups, p.out_channels // p.groups
    shape = (products, count, inputs) if channels_last else (products, inputs, count)

    def run(x: torch.Tensor) -> torch.Tensor:
        y, v = empty_output(case, x.device), x.new_empty(shape)
        data_to_frequencies(x.detach(), v, inputs, tiles, padding, tile, data, channels_last)
        sums = _product(v, filters) if channels_last else _product(filters, v)
        frequencies_to_outputs(sums, shift, y, outputs, tiles, inverse, side, channels_last)
        return y

    return run


def _tiles(p: ConvProblem, tile: int) -> tuple[int, int, int]:
    """The numbers of tiles: (images, rows, columns)."""
    return p.batch, -(-p.output_size[0] // tile), -(-p.output_size[1] // tile)


def _product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Products of all frequencies and groups, summed and kept in float32, in float64 for float64."""
    if a.dtype.itemsize >= _SUM_BYTES:
        return torch.bmm(a, b)
    if a.device.type == "cuda":
        return torch.bmm(a, b, out_dtype=torch.float32)
    # The same numbers: products of two 16-bit floats are exact in float32.
    return torch.bmm(a.float(), b.float())
