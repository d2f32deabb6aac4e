"""Chooses the schedule of a direct convolution, by arithmetic on sizes alone."""

from __future__ import annotations

from dataclasses import replace

from impls.cpu.compiler.host import VectorUnit, vector_unit
from impls.cpu.direct.schedule import Schedule, inner_columns, inner_rows
from impls.cpu.direct.shapes import LoopSizes, shape_of
from impls.cpu.direct.slide import Slide, folds, run_columns
from impls.interface import Case

# Weights that stay in the second-level cache while the image streams through it: half of the 1 MiB of a recent core.
_WEIGHTS_BYTES = 512 * 1024
# Addresses that differ by a multiple of this compete for the same few lines of a first-level cache.
_ALIAS_BYTES = 4096
_LINE_BYTES = 64
# More rows would not make a tile cheaper, and would only make more kinds of tile.
_MAX_ROWS = 14
# The weights of this many taps (3 × 3) stay in registers with the sums, those of more are read for each product.
_TAPS_IN_REGISTERS = 9
# With more taps (7 × 7), the text of a kernel that slides would grow too long.
_SLIDING_TAPS = 49
# A row of a plane in one tile is worth sums outside of registers: tiles overlap, and a kernel slides over many planes
# only where it has all columns. Up to this many vectors, and sums.
_ROW_VECTORS, _ROW_SUMS = 14, 49
# Sums of channels while weights are read for each product: more would not be faster.
_SUMS_BESIDE_READS = 10
# A tile that skips columns of the kernel is written out for each column: for no more columns than this.
_SKIPPED_TAPS = 7
# With fewer output rows than this, threads also share the channels of a row.
_FEW_ROWS = 32


def schedule_of(case: Case, element_bytes: int, unit: VectorUnit | None = None) -> Schedule:
    """The schedule of `case` with elements of this many bytes, by the vectors of `unit` (default: the host's)."""
    unit = unit or vector_unit()
    p = case.problem
    # With one channel in and out, both layouts are the same bytes, and only columns can fill vectors.
    channels_last = case.layout == "nhwc" and not p.in_channels == p.out_channels == 1
    shape = shape_of(p, channels_last)
    lanes = unit.lanes(element_bytes)
    if channels_last:
        c = shape.channels
        if shape.groups == 1 or c != shape.out_channels or c >= lanes or lanes % c:
            return _pixels(shape, lanes, unit, element_bytes)
        return _sliding_channels(shape, lanes, unit) if _slides(shape) else _channels(shape, lanes, unit)
    if shape.channels == 1 and (shape.groups > 1 or shape.out_channels < 4):
        return _sliding_planes(shape, lanes) if _slides_down(shape, lanes) else _planes(shape, lanes, unit)
    pixels, columns = _pixels(shape, lanes, unit, element_bytes), _columns(shape, lanes, unit, element_bytes)
    return columns if _columns_cost(columns) < _pixels_cost(pixels) else pixels


def dot_schedule(case: Case, unit: VectorUnit | None = None) -> Schedule | None:
    """The schedule of a bf16 case by products of pairs of channels, each pair an element of 4 bytes.

    None where such products cannot compute it. Channels are last, whatever the case's layout.
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


def tile_cost(rows: int, vectors: int) -> float:
    """Cycles for one term of a tile: its FMAs, the reads that they do not hide, the loop."""
    return rows * vectors + vectors + rows / 4 + 2


def turning_cost(b: Schedule) -> float:
    """Cycles for transposing a tile of pixels: log₂(lanes) shuffles of each vector and as many stores; none in NHWC."""
    return 0 if b.shape.channels_last else 2 * b.lanes.bit_length() * b.lanes * b.vectors * -(-b.rows // b.lanes)


def _pixels_cost(b: Schedule) -> float:
    s = b.shape
    tiles = s.out_h * -(-s.out_w // b.rows) * b.blocks
    return tiles * (s.terms * tile_cost(b.rows, b.vectors) + turning_cost(b))


def _columns_cost(b: Schedule) -> float:
    s = b.shape
    tiles = s.out_h * -(-s.out_w // b.width) * b.blocks
    # Rows of an image seldom begin at a multiple of a vector: a read then touches two lines.
    return tiles * s.terms * (tile_cost(b.rows, b.vectors) + b.vectors)


def _best(long: int, wide: int, limit: int, max_rows: int, max_vectors: int) -> tuple[int, int]:
    """The (rows, vectors) of least cost for `long` rows and `wide` vectors, at most `limit` vectors in a tile."""
    options = (
        (rows, vectors)
        for vectors in range(1, min(max_vectors, wide) + 1)
        for rows in range(1, min(max_rows, limit // vectors) + 1)
    )
    return min(options, key=lambda o: -(-long // o[0]) * -(-wide // o[1]) * tile_cost(*o))


def _sums(unit: VectorUnit) -> int:
    """Sums that fit the registers together with two vectors of the wide operand and one broadcast element."""
    return 28 if unit.registers >= 32 else 12


def _lanewise_sums(unit: VectorUnit) -> int:
    """Sums that leave registers for weights."""
    return 24 if unit.registers >= 32 else 10


def _sliding_sums(s: LoopSizes, unit: VectorUnit) -> int:
    """Sums that leave registers for weights and for reads; with few registers, weights do not stay in them."""
    taps = s.kernel_h * s.kernel_w
    least = _SUMS_BESIDE_READS if taps > _TAPS_IN_REGISTERS else 0
    return max(least, unit.registers - 4 - taps, unit.registers // 2 - 2)


def _pixels(source: LoopSizes, lanes: int, unit: VectorUnit, element_bytes: int) -> Schedule:
    if source.groups > 1:
        # No wider than a group: half a vector takes half the time on many processors, and no longer on any.
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
    return Schedule("pixels", source, s, lanes, rows, vectors, blocks, chunk, elements, patch, pitch, copies_all)


def _columns(source: LoopSizes, lanes: int, unit: VectorUnit, element_bytes: int) -> Schedule:
    s = source
    rows, vectors = _best(s.out_channels, -(-s.out_w // lanes), _sums(unit), _MAX_ROWS, 4)
    blocks = -(-s.out_channels // rows)
    if s.sees_padding or s.stride_w > 1:
        # Wide enough for whole tiles, so that no read needs a mask.
        s = s.padded(s.seen_w, _LINE_BYTES // element_bytes, _ALIAS_BYTES // element_bytes)
    return Schedule("columns", source, s, lanes, rows, vectors, blocks, blocks, s.groups * blocks * rows * s.terms)


def _planes(s: LoopSizes, lanes: int, unit: VectorUnit) -> Schedule:
    vectors = min(2, -(-s.out_w // lanes))
    low, high = inner_rows(s)
    rows = _even_share(max(1, high - low), max(1, min(_MAX_ROWS, _lanewise_sums(unit) // vectors)))
    return Schedule("planes", s, s, lanes, rows, vectors, 1, 1, s.groups * s.out_channels * s.terms)


def _channels(s: LoopSizes, lanes: int, unit: VectorUnit) -> Schedule:
    limit = _lanewise_sums(unit)
    needed = -(-s.groups * s.channels // lanes)
    # Long runs of neighbours rather than many pixels: the pixels of wide layers compete for the same lines of a cache.
    vectors = _even_share(needed, max(1, min(limit // 3, 8 // s.channels)))
    low, high = inner_columns(s)
    rows = _even_share(max(1, high - low), max(1, (limit - (s.channels - 1) * vectors) // vectors))
    blocks = -(-needed // vectors)
    chunk = _even_share(blocks, -(-blocks // 2)) if s.batch * s.out_h < _FEW_ROWS else blocks
    return Schedule("channels", s, s, lanes, rows, vectors, blocks, chunk, blocks * vectors * lanes * s.terms)


def _slides_down(s: LoopSizes, lanes: int) -> bool:
    """Whether sums can slide down planes: as `_slides`, and a vector's inputs are in few vectors."""
    run = run_columns(lanes, s.kernel_w, s.stride_w)
    return _slides(s) and (s.stride_w == 2 or s.kernel_w <= lanes <= 2 * run)


def _slides(s: LoopSizes) -> bool:
    """Whether sums can slide along the image: not too many taps, next to each other, and less padding than taps."""
    # Wider groups read the weights of each channel at each column.
    most = _SLIDING_TAPS if s.channels == 1 else _TAPS_IN_REGISTERS
    right = s.seen_w - s.left - s.in_w
    near = s.dilation_h == s.dilation_w == 1 and max(s.left, right) < s.kernel_w
    return near and 1 < s.kernel_h * s.kernel_w <= most


def _sliding_planes(s: LoopSizes, lanes: int) -> Schedule:
    elements = s.groups * s.out_channels * s.terms
    if folds(lanes, s.out_w, s.kernel_w, s.stride_w):
        return Schedule("sliding-planes", s, s, lanes, 2, 1, 1, 1, elements, run=s.out_w)
    run = min(s.out_w, run_columns(lanes, s.kernel_w, s.stride_w))
    most = min(_ROW_VECTORS, max(1, _ROW_SUMS // Slide(s.kernel_h, s.stride_h).pending))
    vectors = _even_share(-(-s.out_w // run), most)
    return Schedule("sliding-planes", s, s, lanes, 1, vectors, 1, 1, elements, run=run)


def _sliding_channels(s: LoopSizes, lanes: int, unit: VectorUnit) -> Schedule:
    # Spreading over wide groups needs a register for each channel of the group.
    spreads = s.channels if s.channels > 1 else 0
    most = max(1, (_sliding_sums(s, unit) - spreads) // Slide(s.kernel_w, s.stride_w).pending)

    def cost(rows: int) -> int:
        """The cost of all tiles: one FMA for each tap, one read for each input row."""
        return -(-s.out_h // rows) * (s.kernel_h * s.kernel_w * rows + (rows - 1) * s.stride_h + s.kernel_h)

    rows, blocks = min(range(1, min(most, s.out_h) + 1), key=cost), -(-s.groups * s.channels // lanes)
    return Schedule("sliding-channels", s, s, lanes, rows, 1, blocks, blocks, blocks * lanes * s.terms)


def _even_share(count: int, most: int) -> int:
    """The size of equal parts, none larger than `most`."""
    return -(-count // -(-count // most))
