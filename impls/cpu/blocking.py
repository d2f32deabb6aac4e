"""How a direct convolution is cut into tiles: which kernel, how many rows and vectors, what is packed.

Plain arithmetic on sizes; nothing is compiled and no tensor is touched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from impls.cpu.host import VectorUnit, vector_unit
from impls.interface import Case
from impls.problem import ConvProblem

# Weights that stay in the second-level cache while the image passes by: half of the 1 MiB that a core of today has.
_WEIGHTS_BYTES = 512 * 1024
# A padded strip of the image is read several times, from the first-level cache if it can be.
_STRIP_BYTES = 16 * 1024
_LARGE_STRIP_BYTES = 128 * 1024
# Addresses that differ by this fall into the same few places of a first-level cache.
_ALIAS_BYTES = 4096
_LINE_BYTES = 64
# Tiles of one row that make an item of work: few enough for small images to keep all threads busy.
_TILES_AN_ITEM = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """A problem as the drivers see it: sizes of one group, and steps in elements through x and y.

    A 1 × 1 convolution that steps over nothing has no rows: its pixels are one long row (of the whole batch, where
    pixels lie together).
    """

    batch: int
    groups: int
    channels: int
    out_channels: int
    in_h: int
    in_w: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    top: int
    left: int
    x_batch: int
    x_channel: int
    x_row: int
    x_column: int
    y_batch: int
    y_channel: int
    y_row: int
    y_column: int

    @property
    def terms(self) -> int:
        return self.channels * self.kernel_h * self.kernel_w

    @property
    def span_w(self) -> int:
        """Columns of input that one output sees."""
        return (self.kernel_w - 1) * self.dilation_w + 1

    @property
    def span_h(self) -> int:
        return (self.kernel_h - 1) * self.dilation_h + 1

    @property
    def lies_inside(self) -> bool:
        """Whether no output sees padding."""
        return (
            self.top == self.left == 0
            and (self.out_h - 1) * self.stride_h + self.span_h <= self.in_h
            and (self.out_w - 1) * self.stride_w + self.span_w <= self.in_w
        )


def shape_of(p: ConvProblem, channels_last: bool) -> Shape:
    """The sizes and steps of a problem whose tensors lie densely in a layout."""
    (h, w), (oh, ow) = p.size, p.output_size
    c, k = p.in_channels, p.out_channels
    batch = p.batch
    if p.kernel == p.stride == (1, 1) and p.padding == ((0, 0), (0, 0)):
        if channels_last:
            batch, w = 1, p.batch * h * w
        else:
            w = h * w
        h, oh, ow = 1, 1, w
    steps = (
        (h * w * c, 1, w * c, c, oh * ow * k, 1, ow * k, k)
        if channels_last
        else (c * h * w, h * w, w, 1, k * oh * ow, oh * ow, ow, 1)
    )
    return Shape(
        batch, p.groups, c // p.groups, k // p.groups, h, w, oh, ow,
        *p.kernel, *p.stride, *p.dilation, p.padding[0][0], p.padding[1][0], *steps,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blocking:
    """The way through one problem.

    `path` is "pixels" (lanes are output channels), "columns" (lanes are columns, rows output channels), "planes"
    (lanes are columns, rows output rows, one input channel) or "channels" (lanes are channels that do not mix).
    A tile has `rows` × `vectors` of `lanes`; output channels come in `blocks` of a tile each, `chunk` of them in turn
    for each tile of pixels. `strip` output rows share a padded copy of `patch_bytes` a thread, 0 where none is made.
    """

    path: str
    shape: Shape
    lanes: int
    rows: int
    vectors: int
    blocks: int
    chunk: int
    strip: int
    patch_pitch: int
    patch_bytes: int
    packs_all: bool
    plan_elements: int

    @property
    def width(self) -> int:
        return self.lanes * self.vectors


def blocking_of(case: Case, element_bytes: int, unit: VectorUnit | None = None) -> Blocking:
    """How `case` is computed with sums of this many bytes."""
    unit = unit or vector_unit()
    p = case.problem
    # One channel in and out: both layouts are the same bytes, and columns are what there is.
    channels_last = case.layout == "nhwc" and not p.in_channels == p.out_channels == 1
    shape = shape_of(p, channels_last)
    lanes = unit.lanes(element_bytes)
    if channels_last:
        mixes = shape.channels > 1 or shape.out_channels > 1 or shape.groups == 1
        return _pixels(shape, lanes, unit, element_bytes) if mixes else _channels(shape, lanes, unit)
    if shape.channels == 1 and (shape.groups > 1 or shape.out_channels < 4):
        return _planes(shape, lanes, unit, element_bytes)
    pixels, columns = _pixels(shape, lanes, unit, element_bytes), _columns(shape, lanes, unit, element_bytes)
    return columns if _columns_cost(columns) < _pixels_cost(pixels) else pixels


def tile_limit(unit: VectorUnit) -> int:
    """Sums that fit the registers beside two vectors of the wide operand and one broadcast."""
    return 28 if unit.registers >= 32 else 12


def _cost(rows: int, vectors: int) -> float:
    """Cycles for one term of a tile: an FMA each, what reads do not hide, the loop."""
    return rows * vectors + vectors + rows / 4 + 2


def _pixels_cost(b: Blocking) -> float:
    s = b.shape
    # Turning a tile round takes log₂(lanes) shuffles of each vector and as many stores.
    turning = 2 * b.lanes.bit_length() * b.lanes * b.vectors * -(-b.rows // b.lanes)
    tiles = s.out_h * -(-s.out_w // b.rows) * b.blocks
    return tiles * (s.terms * _cost(b.rows, b.vectors) + turning)


def _columns_cost(b: Blocking) -> float:
    s = b.shape
    tiles = s.out_h * -(-s.out_w // b.width) * b.blocks
    # Rows of an image seldom begin where a vector does: a read then takes two.
    return tiles * s.terms * (_cost(b.rows, b.vectors) + b.vectors)


def _best(
    long: int, wide: int, lanes: int, limit: int, max_rows: int, max_vectors: int, exact: bool
) -> tuple[int, int]:
    """The (rows, vectors) of least cost for `long` rows and `wide` lanes.

    `exact`: tiles must not reach past the last row.
    """
    needed = -(-wide // lanes)
    options: Iterable[tuple[int, int]] = (
        (rows, vectors)
        for vectors in range(1, min(max_vectors, needed) + 1)
        for rows in range(1, min(max_rows, limit // vectors, long if exact else max_rows) + 1)
    )
    return min(options, key=lambda o: -(-long // o[0]) * -(-needed // o[1]) * _cost(*o))


def _pixels(s: Shape, lanes: int, unit: VectorUnit, element_bytes: int) -> Blocking:
    limit = tile_limit(unit)
    most = max(1, min(4 if limit > 12 else 2, _WEIGHTS_BYTES * 5 // 4 // (s.terms * lanes * element_bytes)))
    rows, vectors = _best(s.out_w, s.out_channels, lanes, limit, 14, max(most, 1), exact=True)
    width = lanes * vectors
    blocks = -(-s.out_channels // width)
    fitting = max(1, _WEIGHTS_BYTES // (s.terms * width * element_bytes))
    # Chunks of equal size.
    chunk = -(-blocks // -(-blocks // fitting))
    span = (rows - 1) * s.stride_w + s.span_w
    aliases = s.x_channel == 1 and s.x_column * s.stride_w * element_bytes % _ALIAS_BYTES == 0 and rows > 6
    pitch = s.channels + (_LINE_BYTES // element_bytes if aliases else 0)
    packs = aliases or not s.lies_inside
    elements = s.kernel_h * span * (pitch if s.x_channel == 1 else s.channels)
    return Blocking(
        "pixels", s, lanes, rows, vectors, blocks, chunk, 1, pitch,
        elements * element_bytes if packs else 0, aliases, s.groups * blocks * width * s.terms,
    )  # fmt: skip


def _columns(s: Shape, lanes: int, unit: VectorUnit, element_bytes: int) -> Blocking:
    rows, vectors = _best(s.out_channels, s.out_w, lanes, tile_limit(unit), 14, 4, exact=False)
    blocks = -(-s.out_channels // rows)
    direct = s.lies_inside and s.stride_w == 1
    pitch = _pitch(s, lanes * vectors)
    strip = _strip(s, pitch * s.channels * element_bytes, _LARGE_STRIP_BYTES)
    patch = s.channels * ((strip - 1) * s.stride_h + s.span_h) * pitch * element_bytes
    return Blocking(
        "columns", s, lanes, rows, vectors, blocks, blocks, strip, pitch,
        0 if direct else patch, not direct, s.groups * blocks * rows * s.terms,
    )  # fmt: skip


def _planes(s: Shape, lanes: int, unit: VectorUnit, element_bytes: int) -> Blocking:
    limit = 24 if unit.registers >= 32 else 10
    needed = -(-s.out_w // lanes)
    vectors = -(-needed // -(-needed // min(limit // 2, 8)))
    rows = _even_share(s.out_h, max(1, limit // vectors))
    pitch = _pitch(s, lanes * vectors)
    strip = max(rows, _strip(s, pitch * element_bytes, _STRIP_BYTES))
    patch = ((strip - 1) * s.stride_h + s.span_h) * pitch * element_bytes
    return Blocking(
        "planes", s, lanes, rows, vectors, s.out_channels, s.out_channels, strip, pitch, patch, True,
        s.groups * s.out_channels * s.terms,
    )  # fmt: skip


def _channels(s: Shape, lanes: int, unit: VectorUnit) -> Blocking:
    limit = 24 if unit.registers >= 32 else 10
    needed = -(-s.groups // lanes)
    vectors = 2 if needed % 2 == 0 else 1
    low, high = inner_columns(s)
    rows = _even_share(max(1, high - low), limit // vectors)
    blocks = -(-needed // vectors)
    chunk = -(-blocks // 2)
    return Blocking(
        "channels", s, lanes, rows, vectors, blocks, chunk, 1, 0, 0, False, blocks * vectors * lanes * s.terms
    )


def inner_columns(s: Shape) -> tuple[int, int]:
    """The output columns, from … to before, that see no padding beside them."""
    low = -(-s.left // s.stride_w)
    high = (s.in_w - s.span_w + s.left) // s.stride_w + 1
    low = min(low, s.out_w)
    return low, max(low, min(high, s.out_w))


def _even_share(count: int, most: int) -> int:
    """Parts of equal size, none above `most`."""
    return -(-count // -(-count // most))


def _pitch(s: Shape, width: int) -> int:
    """Columns of a padded row such that whole tiles can be read; a line more, lest rows fall on each other."""
    columns = -(-s.out_w // width) * width
    needed = (columns - 1) * s.stride_w + s.span_w
    return -(-needed // 16) * 16 + 16


def _strip(s: Shape, row_bytes: int, budget: int) -> int:
    """Output rows whose input fits a budget, in strips of equal height, at least two strips where rows are many."""
    rows = max(1, (budget // row_bytes - s.span_h) // s.stride_h + 1)
    return _even_share(s.out_h, min(rows, max(1, math.ceil(s.out_h / 2))))
