"""Winograd convolution of 3 × 3 kernels as matrix products of torch: on any device, with or without groups.

Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016 (arXiv 1509.09308),
algorithm 1. All tiles are transformed, multiplied frequency by frequency as matrix products, and transformed back; the
filter is transformed once, in the plan, in float64.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from impls.cook_toom import Matrix, transforms
from impls.interface import Case, Run, Work
from impls.problem import ConvProblem
from impls.tensors import in_layout

TAPS = 3
KERNEL = (TAPS, TAPS)


def work(tile: int, case: Case) -> Work:
    """The work of a call for tiles of `tile` × `tile` outputs."""
    p, m, n = case.problem, tile, tile + TAPS - 1
    tiles = p.batch * _tiles(p.output_size[0], m) * _tiles(p.output_size[1], m)
    # Dense matrix products: zeros and ones in the matrices are multiplied too.
    data = 4 * n**3 * tiles * p.in_channels
    products = 2 * n**2 * tiles * p.out_channels * (p.in_channels // p.groups)
    inverse = 2 * (m * n**2 + m**2 * n) * tiles * p.out_channels
    size = case.numbers.bytes
    gathered, summed = size * n**2 * tiles * p.in_channels, size * n**2 * tiles * p.out_channels
    half, made = size * m * n * tiles * p.out_channels, size * m * m * tiles * p.out_channels
    filters = size * n**2 * p.out_channels * (p.in_channels // p.groups)
    return Work(
        plan_bytes=filters,
        flops=data + products + inverse + p.outputs * p.bias,
        bytes_moved=case.compulsory_bytes + filters + 2 * (3 * gathered + summed + half + 2 * made),
        workspace_bytes=max(3 * gathered, gathered + summed, summed + half + made, 2 * made + half),
    )


def planned(tile: int, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    """The convolution of the case with these weights, which are transformed now."""
    matrices = transforms(tile, TAPS)
    filters = filters_by_frequency(tile, case, weight)
    data, inverse = (_tensor(m, weight, weight.dtype) for m in (matrices.data, matrices.inverse))
    return lambda x: _run(x.detach(), filters, data, inverse, bias, case)


def filters_by_frequency(tile: int, case: Case, weight: torch.Tensor) -> torch.Tensor:
    """G g Gᵀ, computed in float64: (n²·groups, K/groups, C/groups) for NCHW, with the last axes swapped for NHWC."""
    g = _tensor(transforms(tile, TAPS).kernel, weight, torch.float64)
    transformed = (g @ weight.detach().to(torch.float64) @ g.T).to(weight.dtype)
    return _frequency_major(transformed, case)


def _tiles(outputs: int, m: int) -> int:
    return -(-outputs // m)


def _tensor(matrix: Matrix, like: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return torch.tensor([[float(v) for v in row] for row in matrix], dtype=dtype, device=like.device)


def _frequency_major(transformed: torch.Tensor, case: Case) -> torch.Tensor:
    """(K, C/G, n, n) as (n²·G, K/G, C/G) for NCHW, (n²·G, C/G, K/G) for NHWC."""
    p = case.problem
    grouped = transformed.reshape(p.groups, p.out_channels // p.groups, *transformed.shape[1:])
    order = (3, 4, 0, 1, 2) if case.layout == "nchw" else (3, 4, 0, 2, 1)
    return grouped.permute(order).flatten(0, 2).contiguous()


def _run(
    x: torch.Tensor,
    filters: torch.Tensor,
    data: torch.Tensor,
    inverse: torch.Tensor,
    bias: torch.Tensor | None,
    case: Case,
) -> torch.Tensor:
    p = case.problem
    m, n = inverse.shape
    tiles_shape: tuple[int, ...]
    order: tuple[int, ...]
    rows, columns = (_tiles(p.output_size[a], m) for a in (0, 1))
    pixels = p.batch * rows * columns
    gathered = _gather(x, p, rows, columns, m, n, case.layout)
    v = torch.matmul(data, torch.mm(data, gathered.reshape(n, -1)).view(n, n, -1))
    del gathered
    if case.layout == "nchw":
        summed = torch.bmm(filters, v.view(n * n * p.groups, -1, pixels))
        tiles_shape = (m, m, p.out_channels, p.batch, rows, columns)
        order = (3, 2, 4, 0, 5, 1)
    else:
        summed = torch.bmm(v.view(n * n * p.groups, pixels, -1), filters)
        tiles_shape = (m, m, p.groups, p.batch, rows, columns, p.out_channels // p.groups)
        order = (3, 4, 0, 5, 1, 2, 6)
    del v
    made = torch.matmul(inverse, torch.mm(inverse, summed.view(n, -1)).view(m, n, -1))
    y = made.view(tiles_shape).permute(order)
    if case.layout == "nchw":
        y = y.reshape(p.batch, p.out_channels, rows * m, columns * m)
    else:
        y = y.reshape(p.batch, rows * m, columns * m, p.out_channels).permute(0, 3, 1, 2)
    y = y[:, :, : p.output_size[0], : p.output_size[1]]
    if bias is not None:
        y = y + bias.view(-1, 1, 1)
    return in_layout(y, case.layout)


def _gather(x: torch.Tensor, p: ConvProblem, rows: int, columns: int, m: int, n: int, layout: str) -> torch.Tensor:
    """A strided view of all overlapping tiles: (n, n, …), with channels before pixels for NCHW, after them for NHWC."""
    (top, _), (left, _) = p.padding
    height, width = rows * m + n - m, columns * m + n - m
    padded = F.pad(x, (left, width - p.size[1] - left, top, height - p.size[0] - top))
    sn, sc, sh, sw = padded.stride()
    per_group = p.in_channels // p.groups
    tile, pixel = [(n, sh), (n, sw)], [(p.batch, sn), (rows, m * sh), (columns, m * sw)]
    group, channel = (p.groups, per_group * sc), (per_group, sc)
    axes = [*tile, group, channel, *pixel] if layout == "nchw" else [*tile, group, *pixel, channel]
    return padded.as_strided([a[0] for a in axes], [a[1] for a in axes], padded.storage_offset())
