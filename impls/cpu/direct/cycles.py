"""How long the tiles of a direct convolution take by arithmetic on sizes: the cost that chooses schedules, summed up."""

from __future__ import annotations

from impls.cpu.direct.choice import columns_cost, pixels_cost, tile_cost
from impls.cpu.direct.schedule import Schedule


def cycles_of(b: Schedule) -> float:
    """Cycles of all tiles on one processor, one vector operation in each: an amount to compare, not a time."""
    s = b.shape
    if b.path == "pixels":
        return s.batch * s.groups * pixels_cost(b)
    if b.path == "columns":
        return s.batch * s.groups * columns_cost(b)
    if b.path == "planes":
        planes = s.batch * s.groups * s.out_channels
        tiles = planes * -(-s.out_h // b.rows) * -(-s.out_w // b.width)
        return tiles * s.terms * tile_cost(b.rows, b.vectors)
    if b.path == "channels":
        return s.batch * s.out_h * -(-s.out_w // b.rows) * b.blocks * s.terms * tile_cost(b.rows, b.vectors)
    if b.path == "sliding-planes":
        planes = s.batch * s.groups * s.out_channels
        strips = planes * -(-s.out_w // (b.run * b.vectors)) * -(-s.out_h // b.rows)
        return strips * b.vectors * s.terms * (1 + 1 / s.kernel_h)
    # Each input row of a tile is read once, and each tap is one operation.
    rows = s.kernel_h * s.kernel_w * b.rows + (b.rows - 1) * s.stride_h + s.kernel_h
    return s.batch * b.blocks * -(-s.out_h // b.rows) * s.out_w * s.channels * rows
