"""The kernels of Winograd's transforms: one lane holds one tile of one channel in registers.

Between the transforms, the products of each frequency are one matrix product. Matrices are compile-time constants: sums
are straight-line code without zeros. Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks",
CVPR 2016 (arXiv 1509.09308), algorithm 1, in its non-fused form.
"""

from __future__ import annotations

from itertools import accumulate

import torch
import triton
import triton.language as tl

from impls.cook_toom import Matrix

# A matrix without its zeros, row after row: the beginning of each row (and the end of the last), columns, coefficients.
# Flat, because older versions of Triton take no constants within constants.
Rows = tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]]

WARPS = 4
_WARP = 32
# A lane stores at least this much: with narrower types it computes several tiles.
_LANE_BYTES = 4


def rows_of(matrix: Matrix) -> Rows:
    """The matrix as the kernels take it."""
    rows = [[(k, float(c)) for k, c in enumerate(row) if c] for row in matrix]
    columns, coefficients = zip(*(term for row in rows for term in row), strict=True)
    return tuple(accumulate(map(len, rows), initial=0)), columns, coefficients


def block_of(dtype: torch.dtype) -> int:
    """Tiles of a program."""
    return WARPS * _WARP * max(1, _LANE_BYTES // dtype.itemsize)


@triton.jit
def _sum(
    values, COLUMNS: tl.constexpr, COEFFICIENTS: tl.constexpr, BEGIN: tl.constexpr, END: tl.constexpr,
    FIRST: tl.constexpr, STEP: tl.constexpr,
):  # fmt: skip
    """Σ coefficient · values[FIRST + column · STEP] over the terms [BEGIN, END) of a row."""
    total = values[FIRST + COLUMNS[BEGIN] * STEP] * COEFFICIENTS[BEGIN]
    for t in tl.static_range(BEGIN + 1, END):
        total += values[FIRST + COLUMNS[t] * STEP] * COEFFICIENTS[t]
    return total


@triton.jit
def _both_axes(values, BEGINS: tl.constexpr, COLUMNS: tl.constexpr, COEFFICIENTS: tl.constexpr, SIDE: tl.constexpr):
    """M v Mᵀ of a tile v of SIDE × SIDE values, for the matrix M: down the tile's columns, then along its rows."""
    rows: tl.constexpr = len(BEGINS) - 1
    half = ()
    for i in tl.static_range(rows):
        for j in tl.static_range(SIDE):
            half += (_sum(values, COLUMNS, COEFFICIENTS, BEGINS[i], BEGINS[i + 1], j, SIDE),)  # type: ignore[assignment]
    whole = ()
    for i in tl.static_range(rows):
        for j in tl.static_range(rows):
            whole += (_sum(half, COLUMNS, COEFFICIENTS, BEGINS[j], BEGINS[j + 1], i * SIDE, 1),)  # type: ignore[assignment]
    return whole


@triton.jit
def transform_data(
    x, v, lanes, channels, tiles, size, padding, x_strides,
    CHANNELS_LAST: tl.constexpr, BEGINS: tl.constexpr, COLUMNS: tl.constexpr, COEFFICIENTS: tl.constexpr,
    TILE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """v[frequency, group, …] = Bᵀ d B for all tiles d of x, in v's order of lanes: (tile, channel) or (channel, tile).

    `channels` is the number in a group; `tiles` is (images, rows, columns). Sums are float32, float64 for float64.
    """
    total_type: tl.constexpr = tl.float64 if x.dtype.element_ty == tl.float64 else tl.float32
    side: tl.constexpr = len(BEGINS) - 1
    lane = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    exists = lane < lanes
    n, i, j, channel = _place(lane, channels, tiles, CHANNELS_LAST)
    top, left = i * TILE - padding[0], j * TILE - padding[1]
    begin = x + n * x_strides[0] + channel * x_strides[1] + top * x_strides[2] + left * x_strides[3]
    values = ()
    for r in tl.static_range(side):
        in_rows = exists & (top + r >= 0) & (top + r < size[0])
        for s in tl.static_range(side):
            seen = in_rows & (left + s >= 0) & (left + s < size[1])
            value = tl.load(begin + r * x_strides[2] + s * x_strides[3], mask=seen, other=0.0)
            values += (value.to(total_type),)  # type: ignore[assignment]
    made = _both_axes(values, BEGINS, COLUMNS, COEFFICIENTS, side)
    place = v + lane
    for f in tl.static_range(side * side):
        tl.store(place, made[f].to(v.dtype.element_ty), mask=exists)
        place += lanes


@triton.jit
def transform_sums(
    m, b, y, lanes, channels, tiles, size, y_strides,
    CHANNELS_LAST: tl.constexpr, BEGINS: tl.constexpr, COLUMNS: tl.constexpr, COEFFICIENTS: tl.constexpr,
    SIDE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """y = Aᵀ m A + b for all tiles of frequencies m, in the order of `transform_data`."""
    total_type: tl.constexpr = tl.float64 if y.dtype.element_ty == tl.float64 else tl.float32
    tile: tl.constexpr = len(BEGINS) - 1
    lane = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    exists = lane < lanes
    n, i, j, channel = _place(lane, channels, tiles, CHANNELS_LAST)
    values = ()
    place = m + lane
    for _ in tl.static_range(SIDE * SIDE):
        values += (tl.load(place, mask=exists, other=0.0).to(total_type),)  # type: ignore[assignment]
        place += lanes
    made = _both_axes(values, BEGINS, COLUMNS, COEFFICIENTS, SIDE)
    top, left = i * tile, j * tile
    begin = y + n * y_strides[0] + channel * y_strides[1] + top * y_strides[2] + left * y_strides[3]
    if b is not None:
        shift = tl.load(b + channel, mask=exists, other=0.0).to(total_type)
    for r in tl.static_range(tile):
        for s in tl.static_range(tile):
            inside = exists & (top + r < size[0]) & (left + s < size[1])
            value = made[r * tile + s]
            if b is not None:
                value += shift
            tl.store(begin + r * y_strides[2] + s * y_strides[3], value.to(y.dtype.element_ty), mask=inside)


@triton.jit
def _place(lane, channels, tiles, CHANNELS_LAST: tl.constexpr):
    """(image, row and column of the tile, channel of the image) of a lane."""
    count = tiles[0] * tiles[1] * tiles[2]
    if CHANNELS_LAST:
        tile = lane // channels % count
        channel = lane // channels // count * channels + lane % channels
    else:
        tile = lane % count
        channel = lane // count
    return tile // (tiles[1] * tiles[2]), tile // tiles[2] % tiles[1], tile % tiles[2], channel


def data_to_frequencies(
    x: torch.Tensor,
    v: torch.Tensor,
    channels: int,
    tiles: tuple[int, int, int],
    padding: tuple[int, int],
    tile: int,
    data: Rows,
    channels_last: bool,
) -> None:
    """Write the transformed tiles of x (N, C, H, W), in any strides, into v.

    v is dense: (frequency, group, tile, channel of the group), or (frequency, group, channel, tile) where not
    `channels_last`. `tiles` are (images, rows, columns) of `tile` × `tile` outputs, `padding` is (top, left).
    """
    lanes, block = v.numel() // (len(data[0]) - 1) ** 2, block_of(x.dtype)
    transform_data[(triton.cdiv(lanes, block),)](
        x, v, lanes, channels, tiles, tuple(x.shape[2:]), padding, x.stride(), channels_last, *data, tile, block,
        num_warps=WARPS, enable_fp_fusion=True,
    )  # fmt: skip


def frequencies_to_outputs(
    m: torch.Tensor,
    b: torch.Tensor | None,
    y: torch.Tensor,
    channels: int,
    tiles: tuple[int, int, int],
    inverse: Rows,
    side: int,
    channels_last: bool,
) -> None:
    """Write y (N, K, OH, OW), in any strides, from sums m of side² frequencies, in the order of v above."""
    lanes, block = m.numel() // side**2, block_of(y.dtype)
    transform_sums[(triton.cdiv(lanes, block),)](
        m, b, y, lanes, channels, tiles, tuple(y.shape[2:]), y.stride(), channels_last, *inverse, side, block,
        num_warps=WARPS, enable_fp_fusion=True,
    )  # fmt: skip
