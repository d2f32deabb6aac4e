"""How Winograd's tiles are divided into blocks that fit a cache, and what that takes: sizes, bytes, FLOPs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from impls.cpu.winograd_variant import Variant
from impls.problem import ConvProblem

_LINE_BYTES = 64
# Of a core's own second-level cache (1 MiB and more on servers of 2017 and later), what data and sums of a block may
# take; filters stream through the rest.
_OWN_BYTES = 768 * 1024
# Of the third level, what data and sums of a block take that all workers share.
_SHARED_BYTES = 8 * 1024 * 1024
# Blocks of fewer tiles, or filters that do not fit the third level, would be streamed too often by each worker: then
# workers share a block and divide the frequencies, at the price of waiting for each other.
_LEAST_TILES = 7
_STREAMED_BYTES = 12 * 1024 * 1024
_MOST_TILES = 56
# Rows this long or longer lie an odd number of cache lines apart, so that their lines fall into different sets.
_LONG_ROW_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Blocking:
    """Tiles and channels of a problem in blocks, as the drivers need them; sizes and steps in elements.

    v is (frequency, tile, input channel), m (frequency, tile, output channel) of a block, vectors and panels whole.
    `shares_blocks`: workers divide the frequencies of blocks that they share, else the tiles.
    """

    tiles: int
    tiles_of_image: int
    tiles_of_row: int
    in_vectors: int
    out_vectors: int
    panels: int
    block: int
    v_row: int
    v_frequency: int
    v_size: int
    m_row: int
    m_frequency: int
    m_size: int
    scratch: int
    shares_blocks: int
    workers: int

    @property
    def workspace(self) -> int:
        """Elements for all workers."""
        block = self.v_size + self.m_size
        return self.workers * self.scratch + block * (1 if self.shares_blocks else self.workers)

    @property
    def passes(self) -> int:
        """How often all filters are read, by one worker."""
        return -(-self.tiles // max(1, self.block))

    def row_counts(self, most: int) -> set[int]:
        """How many tiles products will have at once, `most` at most."""
        shares = {self.tiles} if self.shares_blocks else _parts({self.tiles}, lambda _: self.workers)
        blocks = _parts(shares, lambda tiles: -(-tiles // self.block))
        return _parts(blocks, lambda tiles: -(-tiles // most))


def _parts(counts: set[int], number: Callable[[int], int]) -> set[int]:
    """The sizes that parts of each of the counts have, as even as can be."""
    return {size for n in counts for size in (n // number(n), -(-n // number(n))) if size}


def blocking(variant: Variant, p: ConvProblem, workers: int) -> Blocking:
    """The blocks of this problem for so many workers."""
    rows, columns = (-(-outputs // variant.tile) for outputs in p.output_size)
    tiles = p.batch * rows * columns
    panels = -(-p.out_channels // variant.panel)
    in_vectors, out_vectors = (-(-channels // variant.lanes) for channels in (p.in_channels, p.out_channels))
    v_row, m_row = (_row(n, variant) for n in (in_vectors * variant.lanes, panels * variant.panel))
    tile_bytes = variant.frequencies * (v_row + m_row) * variant.element_bytes
    own = min(_MOST_TILES, _OWN_BYTES // tile_bytes)
    streams_all = variant.element_bytes * filter_elements(variant, p) <= _STREAMED_BYTES
    shares_blocks = min(own, tiles // workers) < _LEAST_TILES or not streams_all
    block = max(1, _SHARED_BYTES // tile_bytes) if shares_blocks else own // variant.rows * variant.rows or own
    block = min(block, tiles if shares_blocks else -(-tiles // workers))
    v_frequency, m_frequency = (_odd(block * row, variant) for row in (v_row, m_row))
    return Blocking(
        tiles, rows * columns, columns, in_vectors, out_vectors, panels, block,
        v_row, v_frequency, variant.frequencies * v_frequency,
        m_row, m_frequency, variant.frequencies * m_frequency,
        _whole_lines(variant.scratch, variant), int(shares_blocks), workers,
    )  # fmt: skip


def flops(variant: Variant, p: ConvProblem) -> int:
    """Executed: whole tiles, whole vectors of channels, whole panels of filters."""
    b = blocking(variant, p, 1)
    data = variant.data_flops * b.in_vectors * variant.lanes
    products = 2 * variant.frequencies * p.in_channels * b.panels * variant.panel
    inverse = variant.inverse_flops * b.out_vectors * variant.lanes
    return b.tiles * (data + products + inverse)


def filter_elements(variant: Variant, p: ConvProblem) -> int:
    """Of the transformed filters, packed."""
    return variant.frequencies * -(-p.out_channels // variant.panel) * variant.panel * p.in_channels


def _row(elements: int, variant: Variant) -> int:
    return _odd(elements, variant) if elements * variant.element_bytes >= _LONG_ROW_BYTES else elements


def _odd(elements: int, variant: Variant) -> int:
    """At least so many elements, an odd number of cache lines."""
    line = _LINE_BYTES // variant.element_bytes
    return (-(-elements // line) | 1) * line


def _whole_lines(elements: int, variant: Variant) -> int:
    line = _LINE_BYTES // variant.element_bytes
    return -(-elements // line) * line
