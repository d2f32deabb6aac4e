"""Divides Winograd's tiles into blocks that fit a cache, and counts their sizes, bytes and FLOPs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from impls.cpu.winograd.variant import Variant
from impls.problem import ConvProblem

_LINE_BYTES = 64
# Bytes of a core's own second-level cache (1 MiB and more on servers since 2017) for the data and sums of a block;
# filters stream through the rest.
_OWN_BYTES = 768 * 1024
# Bytes of the third-level cache for the data and sums of a block that all workers share.
_SHARED_BYTES = 8 * 1024 * 1024
# With fewer tiles in a block, or filters that do not fit the third level, each worker would stream filters too often:
# then workers share a block and divide its frequencies, at the cost of waiting for each other.
_LEAST_TILES = 7
_STREAMED_BYTES = 12 * 1024 * 1024
_MOST_TILES = 56
# Groups are computed at least this many channels at a time, whole cache lines of float32: few enough for their filters
# to stay in the cache with their tiles.
_SLICE_CHANNELS = 32
# Rows of at least this many bytes are an odd number of cache lines apart, so that their lines fall into different sets.
_LONG_ROW_BYTES = 1024
# Bytes of the tiles whose data are transposed together from planes to vectors of channels (NCHW): more tiles have fewer
# edges, whose rows are transposed twice, but they must fit the cache together with a block's data.
_STRIP_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Slices:
    """Channels of a problem in `slices` of whole groups and vectors; one slice if there are no groups.

    Each slice has up to slice_in and slice_out vectors and slice_panels panels. A panel reads `group_channels` input
    channels; after every group_panels panels, the channels that are `group_step` further on.
    """

    in_vectors: int
    out_vectors: int
    panels: int
    slices: int
    slice_in: int
    slice_out: int
    slice_panels: int
    group_channels: int
    group_panels: int
    group_step: int


@dataclass(frozen=True, slots=True)
class TileBlocks:
    """Channels and tiles of a problem as the drivers need them, the tiles in `blocks`; sizes and steps in elements.

    v is (frequency, tile, input channel), m is (frequency, tile, output channel) of a block of a slice, in whole
    vectors and panels. Up to strip_rows × strip_run tiles are transposed together; NHWC needs no transposition: 0.
    `shares_blocks`: workers share blocks and divide their frequencies, else each worker has blocks of its own.
    """

    channels: Slices
    tiles: int
    tiles_of_image: int
    tiles_of_row: int
    blocks: int
    v_row: int
    v_frequency: int
    v_size: int
    m_row: int
    m_frequency: int
    m_size: int
    strip_rows: int
    strip_run: int
    scratch: int
    shares_blocks: int
    workers: int

    @property
    def workspace(self) -> int:
        """Elements for all workers."""
        block = self.v_size + self.m_size
        return self.workers * self.scratch + block * (1 if self.shares_blocks else self.workers)

    def row_counts(self, most: int) -> set[int]:
        """The numbers of tiles that products have at once, at most `most`."""
        return _parts(_parts({self.tiles}, lambda _: self.blocks), lambda tiles: -(-tiles // most))


def _parts(counts: set[int], number: Callable[[int], int]) -> set[int]:
    """The sizes of the parts of each count, divided as evenly as possible."""
    return {size for n in counts for size in (n // number(n), -(-n // number(n))) if size}


def tile_blocks(variant: Variant, p: ConvProblem, workers: int) -> TileBlocks:
    """The blocks of this problem for this many workers; slices are the same for any number of workers."""
    rows, columns = (-(-outputs // variant.tile) for outputs in p.output_size)
    tiles = p.batch * rows * columns
    parts = _slices(variant, p)
    v_row, m_row = (_row(n, variant) for n in (parts.slice_in * variant.lanes, parts.slice_panels * variant.panel))
    tile_bytes = variant.frequencies * (v_row + m_row) * variant.element_bytes
    own = min(_MOST_TILES, _OWN_BYTES // tile_bytes)
    streams_all = variant.element_bytes * filter_elements(variant, p) <= _STREAMED_BYTES * parts.slices
    # One slice for each worker is enough work, however few its tiles.
    few = parts.slices < workers and parts.slices * tiles // workers < _LEAST_TILES
    shares_blocks = own < _LEAST_TILES or few or not streams_all
    block = max(1, _SHARED_BYTES // tile_bytes) if shares_blocks else own // variant.rows * variant.rows or own
    blocks = max(1, -(-tiles // block))
    if not shares_blocks:
        # As many blocks for each worker, unless workers can share slices and blocks would have too few tiles.
        even = blocks + -blocks % (workers // math.gcd(workers, parts.slices))
        blocks = even if parts.slices == 1 or tiles // even >= _LEAST_TILES else blocks
    most = -(-tiles // blocks)
    v_frequency, m_frequency = (_odd(most * row, variant) for row in (v_row, m_row))
    strip_rows, strip_run = (0, 0) if variant.layout == "nhwc" else _strip_limits(variant, rows, columns)
    # Squares of pixels and channels are written and read whole, at the end of the strip past its end.
    strip = _strip_elements(variant, strip_rows, strip_run) + variant.lanes**2 if strip_rows else 0
    return TileBlocks(
        parts, tiles, rows * columns, columns, blocks,
        v_row, v_frequency, variant.frequencies * v_frequency,
        m_row, m_frequency, variant.frequencies * m_frequency,
        strip_rows, strip_run, _whole_lines(variant.half + strip, variant), int(shares_blocks), workers,
    )  # fmt: skip


def _strip_limits(variant: Variant, rows: int, columns: int) -> tuple[int, int]:
    """The most (rows, run) of tiles that are transposed together: part of a row, or whole rows."""
    pixels = _STRIP_BYTES // (variant.element_bytes * variant.lanes)
    tile, (overlap_h, overlap_w) = variant.tile, (alpha - variant.tile for alpha in variant.alpha)
    run = min(columns, max(1, (pixels // (tile + overlap_h) - overlap_w) // tile))
    most = (pixels // (run * tile + overlap_w) - overlap_h) // tile if run == columns else 1
    return min(rows, max(1, most)), run


def _strip_elements(variant: Variant, rows: int, run: int) -> int:
    """Elements of a vector for each pixel that this many tiles read."""
    height, width = (
        n * variant.tile + alpha - variant.tile for n, alpha in zip((rows, run), variant.alpha, strict=True)
    )
    return height * width * variant.lanes


def _slices(variant: Variant, p: ConvProblem) -> Slices:
    lanes, panel = variant.lanes, variant.panel
    channels, filters = p.in_channels // p.groups, p.out_channels // p.groups
    in_vectors, out_vectors = (-(-n // lanes) for n in (p.in_channels, p.out_channels))
    panels = -(-p.out_channels // panel)
    if p.groups == 1:
        return Slices(in_vectors, out_vectors, panels, 1, in_vectors, out_vectors, panels, channels, panels, 0)
    # The fewest groups that fill whole vectors of inputs and outputs, times the number of them that a slice holds.
    groups = math.lcm(*(lanes // math.gcd(lanes, n) for n in (channels, filters)))
    groups *= max(1, _SLICE_CHANNELS // (groups * max(channels, filters)))
    groups = min(groups, p.groups)
    slice_in, slice_out, slice_panels = (
        -(-groups * n // of) for n, of in ((channels, lanes), (filters, lanes), (filters, panel))
    )
    group_panels, group_step = (1, lanes) if variant.spread else (filters // panel, channels)
    return Slices(
        in_vectors, out_vectors, panels, -(-p.groups // groups), slice_in, slice_out, slice_panels, channels,
        group_panels, group_step,
    )  # fmt: skip


def flops(variant: Variant, p: ConvProblem) -> int:
    """FLOPs executed, in whole tiles, whole vectors of channels and whole panels of filters."""
    b = tile_blocks(variant, p, 1)
    products = 2 * variant.frequencies * b.channels.group_channels * b.channels.panels * variant.panel
    return b.tiles * products + transform_flops(variant, p)


def transform_flops(variant: Variant, p: ConvProblem) -> int:
    """FLOPs of the transforms of data and back, in whole tiles and whole vectors of channels."""
    b = tile_blocks(variant, p, 1)
    data = variant.data_flops * b.channels.in_vectors * variant.lanes
    inverse = variant.inverse_flops * b.channels.out_vectors * variant.lanes
    return b.tiles * (data + inverse)


def filter_elements(variant: Variant, p: ConvProblem) -> int:
    """Elements of the transformed and packed filters."""
    parts = _slices(variant, p)
    return parts.slices * parts.slice_panels * variant.panel * variant.frequencies * parts.group_channels


def _row(elements: int, variant: Variant) -> int:
    return _odd(elements, variant) if elements * variant.element_bytes >= _LONG_ROW_BYTES else elements


def _odd(elements: int, variant: Variant) -> int:
    """At least this many elements, in an odd number of cache lines."""
    line = _LINE_BYTES // variant.element_bytes
    return (-(-elements // line) | 1) * line


def _whole_lines(elements: int, variant: Variant) -> int:
    line = _LINE_BYTES // variant.element_bytes
    return -(-elements // line) * line
