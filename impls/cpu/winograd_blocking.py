"""How Winograd's tiles are divided into blocks that fit a cache, and what that takes: sizes, bytes, FLOPs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from impls.problem import ConvProblem

if TYPE_CHECKING:
    from impls.cpu.winograd_source import Variant

# Names of the sizes that kernels are told, in their order.
SIZES = (
    "height", "width", "channels", "out_height", "out_width", "out_channels", "top", "left",
    "tiles", "tiles_of_image", "tiles_of_row", "in_vectors", "out_vectors", "panels",
    "block", "v_row", "v_frequency", "v_size", "m_row", "m_frequency", "m_size", "scratch",
)  # fmt: skip

_LINE_BYTES = 64
# Of a core's own second-level cache (1 MiB and more on servers of 2017 and later), what data and sums of a block may
# take; filters stream through the rest.
_OWN_BYTES = 640 * 1024
# Of the third level, what data and sums of a block take that all workers share.
_SHARED_BYTES = 8 * 1024 * 1024
# Blocks of fewer tiles would stream the filters too often: then workers share a block and divide the frequencies.
_LEAST_TILES = 14
_MOST_TILES = 56
# Rows this long or longer lie an odd number of cache lines apart, so that their lines fall into different sets.
_LONG_ROW_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Blocking:
    """The sizes in the order of SIZES, and whether workers divide tiles, or frequencies of blocks that they share."""

    sizes: tuple[int, ...]
    shares_blocks: bool

    def __getitem__(self, name: str) -> int:
        return self.sizes[SIZES.index(name)]

    def workspace(self, workers: int) -> int:
        """Elements for so many workers."""
        block = self["v_size"] + self["m_size"]
        return workers * self["scratch"] + block * (1 if self.shares_blocks else workers)


def blocking(variant: Variant, p: ConvProblem) -> Blocking:
    """The blocks of this problem."""
    rows, columns = (-(-outputs // variant.tile) for outputs in p.output_size)
    tiles = p.batch * rows * columns
    panels = -(-p.out_channels // variant.panel)
    in_vectors, out_vectors = (-(-channels // variant.lanes) for channels in (p.in_channels, p.out_channels))
    v_row = _row(in_vectors * variant.lanes, variant)
    m_row = _row(panels * variant.panel, variant)
    tile_bytes = variant.frequencies * (v_row + m_row) * variant.element_bytes
    own = min(_MOST_TILES, _OWN_BYTES // tile_bytes)
    shares_blocks = own < _LEAST_TILES
    block = max(1, _SHARED_BYTES // tile_bytes) if shares_blocks else own // variant.rows * variant.rows or own
    block = min(block, tiles)
    v_frequency, m_frequency = (_odd(block * row, variant) for row in (v_row, m_row))
    (top, _), (left, _) = p.padding
    values = {
        "height": p.size[0], "width": p.size[1], "channels": p.in_channels,
        "out_height": p.output_size[0], "out_width": p.output_size[1], "out_channels": p.out_channels,
        "top": top, "left": left,
        "tiles": tiles, "tiles_of_image": rows * columns, "tiles_of_row": columns,
        "in_vectors": in_vectors, "out_vectors": out_vectors, "panels": panels,
        "block": block, "v_row": v_row, "v_frequency": v_frequency, "v_size": variant.frequencies * v_frequency,
        "m_row": m_row, "m_frequency": m_frequency, "m_size": variant.frequencies * m_frequency,
        "scratch": _whole_lines(variant.scratch, variant),
    }  # fmt: skip
    return Blocking(tuple(values[name] for name in SIZES), shares_blocks)


def flops(variant: Variant, p: ConvProblem) -> int:
    """Executed: whole tiles, whole vectors of channels, whole panels of filters."""
    b = blocking(variant, p)
    data = variant.transform_flops * b["in_vectors"] * variant.lanes
    products = 2 * variant.frequencies * p.in_channels * b["panels"] * variant.panel
    inverse = variant.inverse_flops * b["out_vectors"] * variant.lanes
    return b["tiles"] * (data + products + inverse)


def filter_elements(variant: Variant, p: ConvProblem) -> int:
    """Of the transformed filters, packed."""
    return variant.frequencies * -(-p.out_channels // variant.panel) * variant.panel * p.in_channels


def _row(elements: int, variant: Variant) -> int:
    return _odd(elements, variant) if elements * variant.element_bytes >= _LONG_ROW_BYTES else elements


def _odd(elements: int, variant: Variant) -> int:
    """At least so many elements, an odd number of cache lines."""
    line = _LINE_BYTES // variant.element_bytes
    lines = -(-elements // line)
    return (lines | 1) * line


def _whole_lines(elements: int, variant: Variant) -> int:
    line = _LINE_BYTES // variant.element_bytes
    return -(-elements // line) * line
