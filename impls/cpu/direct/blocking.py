"""How a direct convolution is cut into tiles: which kernel, how many rows and vectors, what is copied beforehand.

Plain arithmetic on sizes; nothing is compiled and no tensor is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from impls.cpu.compiler.host import VectorUnit, vector_unit
from impls.cpu.direct.shapes import Shape, shape_of
from impls.cpu.direct.sliding import Slide, folds, run_of
from impls.interface import Case

# Weights that stay in the second-level cache while the image passes by: half of the 1 MiB that a core of today has.
_WEIGHTS_BYTES = 512 * 1024
# Addresses that differ by a multiple of this fall into the same few places of a first-level cache.
_ALIAS_BYTES = 4096
_LINE_BYTES = 64
# More rows would not make a tile cheaper, only more kinds of it.
_MAX_ROWS = 14
# Weights of so many taps, 3 × 3 of them, stay in registers beside the sums.
_SLIDING_TAPS = 9
# A tile that skips columns of the kernel is written out for each of them: no more than this.
_SKIPPED_TAPS = 7
# Below so many output rows the channels of a row are shared out among threads as well.
_FEW_ROWS = 32


@dataclass(frozen=True, slots=True)
class Blocking:
    """The way through one problem.

    `path` is "pixels" (lanes are output channels), "columns" (lanes are columns, rows output channels), "planes"
    (lanes are columns, rows output rows, one input channel) or "channels" (lanes are channels of groups of their own);
    the latter two also as "sliding-planes" (`rows` of the output in a vector, `run` columns of each) and
    "sliding-channels".
    A tile has `rows` × `vectors` of `lanes`; output channels come in `blocks` of a tile each, `chunk` of them in turn
    for each tile of pixels. The loops run over `shape`: the `source` itself or a padded copy of it. A thread has
    `patch_elements` for the input of one tile, copied where the tile sees padding, or always (`copies_all`).
    """

    path: str
    source: Shape
    shape: Shape
    lanes: int
    rows: int
    vectors: int
    blocks: int
    chunk: int
    plan_elements: int
    patch_elements: int = 0
    pitch: int = 0
    copies_all: bool = False
    run: int = 0

    @property
    def width(self) -> int:
        return self.lanes * self.vectors

    @property
    def pads_image(self) -> bool:
        return self.shape is not self.source

    @property
    def image_elements(self) -> int:
        """Of the padded copy; some more than it holds, for vectors that reach past its end."""
        return self.shape.batch * self.shape.x_batch + 2 * self.width * self.shape.stride_w if self.pads_image else 0

    def seen(self, column: int) -> tuple[tuple[int, int], ...]:
        """For each column of the kernel the rows of the tile at an output column, from … to before, that see the image.

        Empty where all do, and where tiles that do not read a copy of their input.
        """
        s = self.shape
        taps = [s.left - column * s.stride_w - tap * s.dilation_w for tap in range(s.kernel_w)]
        inside = [_clipped(-(-at // s.stride_w), -(-(at + s.in_w) // s.stride_w), self.rows) for at in taps]
        return () if self.patch_elements or set(inside) == {(0, self.rows)} else tuple(inside)

    @property
    def channels_innermost(self) -> bool:
        """Whether the loop over channels is the innermost: the longest one is to be."""
        return self.path == "pixels" and (self.shape.channels_last or self.shape.channels >= 8)


def blocking_of(case: Case, element_bytes: int, unit: VectorUnit | None = None) -> Blocking:
    """How `case` is computed with elements of this many bytes."""
    unit = unit or vector_unit()
    p = case.problem
    # One channel in and out: both layouts are the same bytes, and columns are what there is.
    channels_last = case.layout == "nhwc" and not p.in_channels == p.out_channels == 1
    shape = shape_of(p, channels_last)
    lanes = unit.lanes(element_bytes)
    if channels_last:
        c = shape.channels
        if shape.groups == 1 or c != shape.out_channels or c >= lanes or lanes % c:
            return _pixels(shape, lanes, unit, element_bytes)
        return _sliding_channels(shape, lanes, unit) if _slides(shape, lanes) else _channels(shape, lanes, unit)
    if shape.channels == 1 and (shape.groups > 1 or shape.out_channels < 4):
        return _sliding_planes(shape, lanes, unit) if _slides(shape, lanes) else _planes(shape, lanes, unit)
    pixels, columns = _pixels(shape, lanes, unit, element_bytes), _columns(shape, lanes, unit, element_bytes)
    return columns if _columns_cost(columns) < _pixels_cost(pixels) else pixels


def dot_blocking(case: Case, unit: VectorUnit | None = None) -> Blocking | None:
    """How a bf16 case is computed by products of pairs of channels, each pair an element of 4 bytes; None if it cannot.

    Channels last, whatever the case's layout.
    """
    unit = unit or vector_unit()
    shape = shape_of(case.problem, channels_last=True)
    if not unit.has_bf16_dot or shape.groups > 1 or shape.channels % 2 or shape.out_channels < unit.lanes(4) // 2:
        return None
    pairs = replace(
        shape,
        channels=shape.channels // 2,
        x_batch=shape.x_batch // 2,
        x_row=shape.x_row // 2,
        x_column=shape.x_column // 2,
    )
    return _pixels(pairs, unit.lanes(4), unit, 4)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a plan keeps, what a call needs beside x and y, and what copying adds to the bytes it moves."""

    plan_bytes: int
    workspace_bytes: int
    copied_bytes: int


def memory_of(case: Case, threads: int, unit: VectorUnit | None = None) -> Memory:
    """The memory of a case on this many threads."""
    p, size = case.problem, max(4, case.numbers.bytes)
    pairs = dot_blocking(case, unit) if case.precision == "bf16" else None
    b = pairs or blocking_of(case, size, unit)
    inputs = p.batch * p.in_channels * p.size[0] * p.size[1]
    # 16-bit x and y have a copy in float32, or one with channels last for products of pairs.
    other_bytes = 0
    if case.numbers.bytes == 2 and (pairs is None or case.layout != "nhwc"):
        other_bytes = (2 if pairs else 4) * (inputs + p.outputs)
    image = size * b.image_elements
    patches = threads * size * b.patch_elements
    plan = size * (b.plan_elements + int(p.bias) * p.out_channels)
    return Memory(plan, image + patches + other_bytes, 2 * (image + other_bytes))


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


def _best(long: int, wide: int, limit: int, max_rows: int, max_vectors: int) -> tuple[int, int]:
    """The (rows, vectors) of least cost for `long` rows and `wide` vectors, no more than `limit` of them in a tile."""
    options = (
        (rows, vectors)
        for vectors in range(1, min(max_vectors, wide) + 1)
        for rows in range(1, min(max_rows, limit // vectors) + 1)
    )
    return min(options, key=lambda o: -(-long // o[0]) * -(-wide // o[1]) * _cost(*o))


def _sums(unit: VectorUnit) -> int:
    """Vectors that fit the registers beside two of the wide operand and one broadcast."""
    return 28 if unit.registers >= 32 else 12


def _lanewise_sums(unit: VectorUnit) -> int:
    """Vectors that leave room for weights."""
    return 24 if unit.registers >= 32 else 10


def _sliding_sums(s: Shape, unit: VectorUnit) -> int:
    """Vectors that leave room for all weights and for what is read; where few registers are left, weights are not."""
    return max(unit.registers - 4 - s.kernel_h * s.kernel_w, unit.registers // 2 - 2)


def _pixels(source: Shape, lanes: int, unit: VectorUnit, element_bytes: int) -> Blocking:
    if source.groups > 1:
        # No wider than a group: half a vector takes half the time on many a processor, and no longer on any.
        lanes = min(lanes, max(4, 1 << (source.out_channels - 1).bit_length()))
    # Tiles must not reach past the end of a row: the last one overlaps the one before it.
    s, vector_bytes = source, source.terms * lanes * element_bytes
    fitting = max(1, _WEIGHTS_BYTES * 5 // 4 // vector_bytes)
    rows, vectors = _best(s.out_w, -(-s.out_channels // lanes), _sums(unit), min(_MAX_ROWS, s.out_w), min(4, fitting))
    blocks = -(-s.out_channels // (lanes * vectors))
    # Chunks of equal size.
    chunk = _even_share(blocks, max(1, _WEIGHTS_BYTES // (vector_bytes * vectors)))
    line, alias = _LINE_BYTES // element_bytes, _ALIAS_BYTES // element_bytes
    patch, pitch, copies_all = 0, s.channels, False
    if s.channels_last and s.groups == 1:
        copies_all = s.x_column * s.stride_w % alias == 0 and rows > 6
        pitch += line if copies_all else 0
        span = (rows - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1
        patch = s.kernel_h * span * pitch if copies_all or s.sees_padding else 0
    elif s.sees_padding and not (s.channels_last and s.kernel_w <= _SKIPPED_TAPS):
        s = s.padded(0, line, alias)
    elements = s.groups * blocks * lanes * vectors * s.terms
    return Blocking(
        "pixels", source, s, lanes, rows, vectors, blocks, chunk, elements, patch, pitch, copies_all
    )  # fmt: skip


def _columns(source: Shape, lanes: int, unit: VectorUnit, element_bytes: int) -> Blocking:
    s = source
    rows, vectors = _best(s.out_channels, -(-s.out_w // lanes), _sums(unit), _MAX_ROWS, 4)
    blocks = -(-s.out_channels // rows)
    if s.sees_padding or s.stride_w > 1:
        # Wide enough for whole tiles, so that no read is guarded.
        s = s.padded(s.seen_w, _LINE_BYTES // element_bytes, _ALIAS_BYTES // element_bytes)
    return Blocking("columns", source, s, lanes, rows, vectors, blocks, blocks, s.groups * blocks * rows * s.terms)


def _planes(s: Shape, lanes: int, unit: VectorUnit) -> Blocking:
    vectors = min(2, -(-s.out_w // lanes))
    low, high = inner_rows(s)
    rows = _even_share(max(1, high - low), max(1, min(_MAX_ROWS, _lanewise_sums(unit) // vectors)))
    return Blocking("planes", s, s, lanes, rows, vectors, 1, 1, s.groups * s.out_channels * s.terms)


def _channels(s: Shape, lanes: int, unit: VectorUnit) -> Blocking:
    limit = _lanewise_sums(unit)
    needed = -(-s.groups * s.channels // lanes)
    # Long runs of neighbours rather than many pixels: those of wide layers fall into the same places of the cache.
    vectors = _even_share(needed, max(1, min(limit // 3, 8 // s.channels)))
    low, high = inner_columns(s)
    rows = _even_share(max(1, high - low), max(1, (limit - (s.channels - 1) * vectors) // vectors))
    blocks = -(-needed // vectors)
    chunk = _even_share(blocks, -(-blocks // 2)) if s.batch * s.out_h < _FEW_ROWS else blocks
    return Blocking("channels", s, s, lanes, rows, vectors, blocks, chunk, blocks * vectors * lanes * s.terms)


def _slides(s: Shape, lanes: int) -> bool:
    """Whether sums slide over it: few taps, next to each other, and less padding than taps."""
    taps, run = s.kernel_h * s.kernel_w, run_of(lanes, s.kernel_w, s.stride_w)
    near = s.dilation_h == s.dilation_w == 1 and lanes <= run * s.stride_w and lanes <= 2 * run
    right = s.seen_w - s.left - s.in_w
    return 1 < taps <= _SLIDING_TAPS and near and max(s.left, right) < s.kernel_w <= lanes


def _sliding_planes(s: Shape, lanes: int, unit: VectorUnit) -> Blocking:
    elements = s.groups * s.out_channels * s.terms
    if folds(lanes, s.out_w, s.kernel_w, s.stride_w):
        return Blocking("sliding-planes", s, s, lanes, 2, 1, 1, 1, elements, run=s.out_w)
    run = min(s.out_w, run_of(lanes, s.kernel_w, s.stride_w))
    most = max(2, _sliding_sums(s, unit) // Slide(s.kernel_h, s.stride_h).pending)
    vectors = _even_share(-(-s.out_w // run), most)
    return Blocking("sliding-planes", s, s, lanes, 1, vectors, 1, 1, elements, run=run)


def _sliding_channels(s: Shape, lanes: int, unit: VectorUnit) -> Blocking:
    # Spreads over wide groups need a register each to say how.
    spreads = s.channels if s.channels > 1 else 0
    most = max(1, (_sliding_sums(s, unit) - spreads) // Slide(s.kernel_w, s.stride_w).pending)

    def cost(rows: int) -> int:
        """Of all tiles: an FMA a tap, and a read of each row seen."""
        return -(-s.out_h // rows) * (s.kernel_h * s.kernel_w * rows + (rows - 1) * s.stride_h + s.kernel_h)

    rows, blocks = min(range(1, min(most, s.out_h) + 1), key=cost), -(-s.groups * s.channels // lanes)
    return Blocking("sliding-channels", s, s, lanes, rows, 1, blocks, blocks, blocks * lanes * s.terms)


def inner_columns(s: Shape) -> tuple[int, int]:
    """The output columns, from … to before, that see no padding beside them."""
    return _inner(s.left, s.stride_w, s.in_w, (s.kernel_w - 1) * s.dilation_w + 1, s.out_w)


def inner_rows(s: Shape) -> tuple[int, int]:
    """The output rows, from … to before, that see no padding above or below them."""
    return _inner(s.top, s.stride_h, s.in_h, (s.kernel_h - 1) * s.dilation_h + 1, s.out_h)


def _inner(before: int, stride: int, size: int, span: int, outputs: int) -> tuple[int, int]:
    low = min(-(-before // stride), outputs)
    return low, max(low, min((size - span + before) // stride + 1, outputs))


def _clipped(low: int, high: int, size: int) -> tuple[int, int]:
    """From … to before, inside an axis of `size`."""
    low = min(max(low, 0), size)
    return low, max(low, min(high, size))


def _even_share(count: int, most: int) -> int:
    """The size of parts of equal size, none above `most`."""
    return -(-count // -(-count // most))
