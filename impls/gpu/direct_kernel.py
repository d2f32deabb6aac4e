"""The kernel of direct convolution with few input channels in a group: sums of a tile of outputs in registers.

Depthwise layers, with any multiplier, and first layers have too few products for a matrix unit. They are bound by
memory, so every load must be one of whole vectors: along channels where those are neighbours (NHWC), else along the
row. Neighbouring outputs share inputs in the first-level cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl

# Taps whose loads are in flight at once: all taps of a small kernel, else some of a row; more would not fit registers.
_UNROLLED_TAPS = 25
_UNROLLED_ROW = 4


@dataclass(frozen=True, slots=True)
class ProgramTile:
    """The outputs of a program, rows × columns × channels (powers of two), and the warps that share them."""

    rows: int
    columns: int
    channels: int
    warps: int


# The first tile is used where nothing can be timed. Where each channel has an input of its own, a lane reads 16 bytes
# of channels (NHWC), or a warp reads a row of pixels of one channel (NCHW).
NHWC = (ProgramTile(4, 8, 64, 4), ProgramTile(4, 4, 64, 4), ProgramTile(4, 8, 128, 8), ProgramTile(8, 8, 32, 4))
NCHW = (ProgramTile(8, 32, 1, 4), ProgramTile(16, 16, 1, 2), ProgramTile(4, 128, 1, 4), ProgramTile(8, 8, 1, 1))
# Where all channels have the same input, a lane holds all channels of its pixels (at least one pixel: rows × columns ≥
# 32 × warps) and uses each loaded input for all of them.
SHARED = (ProgramTile(4, 64, 16, 4), ProgramTile(8, 16, 16, 4), ProgramTile(8, 32, 32, 8), ProgramTile(4, 32, 8, 4))


def tiles(layout: str, groups: int, out_channels: int) -> tuple[ProgramTile, ...]:
    """The tiles worth trying: none with several times as many channels as the problem has."""
    possible = SHARED if groups == 1 else NHWC if layout == "nhwc" else NCHW
    most = max(min(tile.channels for tile in possible), triton.next_power_of_2(out_channels))
    return tuple(tile for tile in possible if tile.channels <= most)


@triton.jit
def tile_of_outputs(
    x, w, b, y, out_channels, per_group, out_size, size, tiles, stride, padding, dilation, x_strides, y_strides,
    ONE_GROUP: tl.constexpr, TERMS: tl.constexpr, KERNEL_H: tl.constexpr, KERNEL_W: tl.constexpr,
    UNROLL_H: tl.constexpr, UNROLL_W: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """Sums of one tile, in float32 or float64. `w` is (TERMS, KERNEL_H, KERNEL_W, K), with TERMS channels in a group.

    `tiles` is the number of tiles of an image, (height, width). ONE_GROUP: all output channels read the same input
    channels, which are loaded once for all of them.
    """
    total_type: tl.constexpr = tl.float64 if y.dtype.element_ty == tl.float64 else tl.float32
    blocks = tl.cdiv(out_channels, CHANNELS)
    tile = tl.program_id(0) // blocks
    k = tl.program_id(0) % blocks * CHANNELS + tl.arange(0, CHANNELS)
    pixel = tl.arange(0, ROWS * COLUMNS)
    j = tile % tiles[1] * COLUMNS + pixel % COLUMNS
    i = tile // tiles[1] % tiles[0] * ROWS + pixel // COLUMNS
    n = (tile // tiles[1] // tiles[0]).to(tl.int64)
    made = k < out_channels
    top = i * stride[0] - padding[0]
    left = j * stride[1] - padding[1]
    # The beginning of a window, in 64 bits; each tap has the same distance from it in all lanes. It may be outside.
    begin = (x + n * x_strides[0] + top.to(tl.int64) * x_strides[2] + left.to(tl.int64) * x_strides[3])[:, None]
    if not ONE_GROUP:
        begin += (k // per_group * TERMS).to(tl.int64)[None, :] * x_strides[1]
    total = tl.zeros((ROWS * COLUMNS, CHANNELS), total_type)
    if b is not None:
        total += tl.load(b + k, mask=made, other=0.0).to(total_type)[None, :]
    for c in range(TERMS):
        for r in tl.range(0, KERNEL_H, loop_unroll_factor=UNROLL_H):
            row = top + r * dilation[0]
            in_rows = (row >= 0) & (row < size[0])
            tap = tl.cast(c, tl.int64) * x_strides[1] + tl.cast(r * dilation[0], tl.int64) * x_strides[2]
            for s in tl.range(0, KERNEL_W, loop_unroll_factor=UNROLL_W):
                column = left + s * dilation[1]
                seen = (in_rows & (column >= 0) & (column < size[1]))[:, None]
                if not ONE_GROUP:
                    seen = seen & made[None, :]
                value = tl.load(begin + tap + s * dilation[1] * x_strides[3], mask=seen, other=0.0).to(total_type)
                factor = tl.load(w + ((c * KERNEL_H + r) * KERNEL_W + s) * out_channels + k, mask=made, other=0.0)
                total += value * factor.to(total_type)[None, :]
    place = (n * y_strides[0] + i.to(tl.int64) * y_strides[2] + j.to(tl.int64) * y_strides[3])[:, None]
    place += k.to(tl.int64)[None, :] * y_strides[1]
    inside = ((i < out_size[0]) & (j < out_size[1]))[:, None] & made[None, :]
    tl.store(y + place, total.to(y.dtype.element_ty), mask=inside)


def pack(weight: torch.Tensor) -> torch.Tensor:
    """Weights (K, C/groups, KH, KW) as the kernel reads them: (C/groups, KH, KW, K), dense."""
    return weight.permute(1, 2, 3, 0).contiguous()


def convolve(
    x: torch.Tensor,
    w: torch.Tensor,
    b: torch.Tensor | None,
    y: torch.Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
    tile: ProgramTile,
) -> None:
    """Write the convolution of x (N, C, H, W) by packed w into y, both in any strides."""
    terms, kernel_h, kernel_w, out_channels = w.shape
    batch, _, *out_size = y.shape
    counts = triton.cdiv(out_size[0], tile.rows), triton.cdiv(out_size[1], tile.columns)
    programs = batch * counts[0] * counts[1] * triton.cdiv(out_channels, tile.channels)
    tile_of_outputs[(programs,)](
        x, w, b, y, out_channels, out_channels // groups, tuple(out_size), tuple(x.shape[2:]), counts,
        stride, padding, dilation, x.stride(), y.stride(),
        groups == 1, terms, kernel_h, kernel_w, *_unrolled(kernel_h, kernel_w),
        tile.rows, tile.columns, tile.channels, num_warps=tile.warps, enable_fp_fusion=True,
    )  # fmt: skip


def _unrolled(kernel_h: int, kernel_w: int) -> tuple[int, int]:
    """The rows and columns of taps that are unrolled."""
    return (kernel_h, kernel_w) if kernel_h * kernel_w <= _UNROLLED_TAPS else (1, min(kernel_w, _UNROLLED_ROW))
