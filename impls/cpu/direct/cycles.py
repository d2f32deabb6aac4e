"""How long a direct convolution takes by arithmetic on sizes: the cost of tiles that chooses schedules, summed up.

Taps outside of the image are not computed where tiles see it as it is, and the worker with the most tiles decides.
"""

from __future__ import annotations

from impls.cpu.direct.choice import tile_cost, turning_cost
from impls.cpu.direct.schedule import Schedule, inner_columns, inner_rows

# Starting a tile: passing its arguments and reading them.
_TILE = 30
# Tiles of one row in an item of work (impls.cpu.direct.tile_driver), columns of one (impls.cpu.direct.sliding_driver).
_TILES_AN_ITEM, _COLUMNS_AN_ITEM = 8, 64


def cycles_of(b: Schedule, workers: int) -> float:
    """Cycles of one processor, one vector operation in each, as if all workers had as many tiles as the busiest."""
    cycles, items = _PATHS[b.path](b)
    return cycles * (-(-items // workers) * workers / items if items else 1.0)


def _pixels(b: Schedule) -> tuple[float, int]:
    s = b.shape
    tiles = -(-s.out_w // b.rows)
    terms = _taps(s.out_h, s.stride_h, s.top, s.dilation_h, s.kernel_h, s.in_h) * s.kernel_w * s.channels
    each = s.out_h * (turning_cost(b) + _TILE) + terms * tile_cost(b.rows, b.vectors)
    # Copied input: a vector read and written.
    copied = 2 * s.out_h * tiles * b.patch_elements / b.lanes
    items = s.groups * -(-b.blocks // b.chunk) * s.batch * s.out_h * -(-tiles // _TILES_AN_ITEM)
    return s.batch * s.groups * (tiles * b.blocks * each + copied), items


def _columns(b: Schedule) -> tuple[float, int]:
    s = b.shape
    tiles = -(-s.out_w // b.width)
    # Rows of an image seldom begin at a multiple of a vector: a read then touches two lines.
    each = s.terms * (tile_cost(b.rows, b.vectors) + b.vectors) + _TILE
    rows = s.batch * s.groups * s.out_h
    return rows * tiles * b.blocks * each, rows * -(-tiles // _TILES_AN_ITEM)


def _planes(b: Schedule) -> tuple[float, int]:
    s = b.shape
    low, high = inner_rows(s)
    parts, tiles = -(-s.out_w // b.width), -(-(high - low) // b.rows)
    all_taps = _taps(s.out_h, s.stride_h, s.top, s.dilation_h, s.kernel_h, s.in_h)
    edge_taps = all_taps - (high - low) * s.kernel_h
    inner = tiles * (s.kernel_h * s.kernel_w * tile_cost(b.rows, b.vectors) + _TILE)
    edge = edge_taps * s.kernel_w * tile_cost(1, b.vectors) + (s.out_h - high + low) * _TILE
    planes = s.batch * s.groups * s.out_channels
    return planes * parts * s.channels * (inner + edge), planes * (tiles + s.out_h - high + low)


def _channels(b: Schedule) -> tuple[float, int]:
    s = b.shape
    low, high = inner_columns(s)
    tiles, alone = -(-(high - low) // b.rows), s.out_w - high + low
    taps = _taps(s.out_h, s.stride_h, s.top, s.dilation_h, s.kernel_h, s.in_h)
    across = _taps(s.out_w, s.stride_w, s.left, s.dilation_w, s.kernel_w, s.in_w) - (high - low) * s.kernel_w
    inner = tiles * s.kernel_w * tile_cost(b.rows, b.vectors)
    edge = across * tile_cost(1, b.vectors)
    each = taps * s.channels * (inner + edge) + s.out_h * (tiles + alone) * _TILE
    return s.batch * b.blocks * each, s.batch * s.out_h * -(-b.blocks // b.chunk)


def _sliding_planes(b: Schedule) -> tuple[float, int]:
    s = b.shape
    planes, steps = s.batch * s.groups * s.out_channels, -(-s.out_h // b.rows)
    calls = -(-s.out_w // min(b.vectors * b.run, s.out_w))
    each = b.vectors * s.terms * (1 + 1 / s.kernel_h)
    return planes * calls * (steps * each + _TILE), planes * steps


def _sliding_channels(b: Schedule) -> tuple[float, int]:
    s = b.shape
    tiles, parts = -(-s.out_h // b.rows), -(-s.out_w // _COLUMNS_AN_ITEM)
    # Each input row of a tile is read once, and each tap is one operation.
    rows = s.kernel_h * s.kernel_w * b.rows + (b.rows - 1) * s.stride_h + s.kernel_h
    items = s.batch * tiles * parts * b.blocks
    return s.batch * b.blocks * tiles * s.out_w * s.channels * rows + items * _TILE, items


def _taps(outputs: int, stride: int, before: int, dilation: int, kernel: int, size: int) -> int:
    """The taps of an axis that are inside of the image, summed over its outputs."""
    starts = range(-before, outputs * stride - before, stride)
    # A tap t is inside where 0 <= start + t · dilation < size.
    low = (max(0, -(start // dilation)) if start < 0 else 0 for start in starts)
    high = (min(kernel, -(-(size - start) // dilation)) for start in starts)
    return sum(max(0, last - first) for first, last in zip(low, high, strict=True))


_PATHS = {
    "pixels": _pixels,
    "columns": _columns,
    "planes": _planes,
    "channels": _channels,
    "sliding-planes": _sliding_planes,
    "sliding-channels": _sliding_channels,
}
