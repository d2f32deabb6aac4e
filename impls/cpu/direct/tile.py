"""The register-blocked kernel of direct convolution: a tile of sums, rows × vectors, that stays in registers.

    out[u, v] = bias + Σ narrow[u] · wide[v]

over three nested loops of terms. One element at a time of the *narrow* operand is multiplied with all lanes of a vector
of the *wide* operand. Both operands have steps of their own in each loop, so that the same machine code serves

- pixels × output channels: x is narrow, packed weights are wide; x may have any layout, since single elements are read.
  The tile is stored row by row (NHWC) or transposed (NCHW);
- output channels × columns: packed weights are narrow, a row of x is wide (NCHW).

Sources: K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008 (the
register blocking); E. Georganas et al., "Anatomy of High-Performance Deep Learning Convolutions on SIMD Architectures",
SC 2018 (the same in convolutions).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from impls.cpu.compiler import generated, last_write
from impls.epilogue import NO_EPILOGUE, Epilogue

_OPERATIONS = ("load", "load_first", "load_even", "load_strided", "store", "store_first", "zero", "broadcast")
# How the wide operand is read: neighbours, only the neighbours that exist, every second element, at any step.
WIDE_READS = {
    "dense": "load(wide, {at})",
    "first": "load_first(wide, {at}, lanes_left - {lane})",
    "even": "load_even(wide, {at})",
    "strided": "load_strided(wide, {at}, {lanes}, wide_step)",
}
ARGUMENTS = (
    "narrow, wide, out, bias, count1, count2, count3, narrow1, narrow2, narrow3, wide1, wide2, wide3, "
    "narrow_row, out_row, wide_step, rows_left, lanes_left"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """The parameters that determine the instructions of a tile kernel.

    `pixels_narrow`: rows are pixels and lanes are output channels, else rows are output channels and lanes are columns;
    each output channel has a bias. `transposed`: `out` is written lane by lane instead of row by row. `pairs`: operands
    are pairs of bf16, whose two products go into one float32 sum; `out` is bf16. `seen`: the rows [from, to) that see
    the image, for each round of the second loop (a column of the kernel); empty if all rows always do. `epilogue`
    follows before outputs are written.
    """

    dtype: str
    lanes: int
    rows: int
    vectors: int
    pixels_narrow: bool = True
    transposed: bool = False
    wide_read: str = "dense"
    pairs: bool = False
    seen: tuple[tuple[int, int], ...] = ()
    epilogue: Epilogue = NO_EPILOGUE

    @property
    def width(self) -> int:
        return self.lanes * self.vectors


@functools.cache
def tile_kernel(tile: Tile) -> int:
    """The address of the kernel's machine code; compiled if no process has compiled it yet."""
    address: int = generated.module("tile", source(tile)).tile.address
    return address


def source(tile: Tile) -> str:
    """The text of the module with the kernel `tile`."""
    blocks = [f"{name}_blocks_{1 << k}" for name in ("even", "odd") for k in range(tile.lanes.bit_length() - 1)]
    products = ("dot_bf16_broadcast", "store_bf16", "store_first_bf16") if tile.pairs else ("fma_broadcast",)
    more = last_write.operations(tile.epilogue, _kind(tile))
    head = generated.header(tile.dtype, tile.lanes, (*_OPERATIONS, *products, *blocks, *more))
    body = [*_starts(tile), *_loops(tile), *(_transposed_stores(tile) if tile.transposed else _stores(tile))]
    arguments = last_write.arguments(tile.epilogue, ARGUMENTS)
    lines = [f"@kernel({arguments.count(',') + 1})", f"def tile({arguments}):", *(f"    {line}" for line in body), ""]
    return head + "\n".join(lines)


def _sums(tile: Tile) -> list[tuple[int, int, str]]:
    return [(u, v, f"sum_{u}_{v}") for u in range(tile.rows) for v in range(tile.vectors)]


def _starts(tile: Tile) -> list[str]:
    """Sums begin as the bias; without a bias its address is 0."""
    lines = ["if bias == 0:"]
    lines += [f"    {name} = zero()" for _, _, name in _sums(tile)]
    lines += ["else:"]
    for u, v, name in _sums(tile):
        start = f"load(bias, {v * tile.lanes})" if tile.pixels_narrow else f"broadcast(bias, {u})"
        lines += [f"    {name} = {start}"]
    return lines


def _loops(tile: Tile) -> list[str]:
    lines = ["for i in range(count1):"]
    if not tile.seen:
        lines += ["    for j in range(count2):", *(f"        {line}" for line in _terms(tile, "j", 0, tile.rows))]
    for j, (low, high) in enumerate(tile.seen):
        lines += [f"    {line}" for line in _terms(tile, str(j), low, high)]
    return lines


def _terms(tile: Tile, j: str, low: int, high: int) -> list[str]:
    """The innermost loop, for the rows [low, high)."""
    lines = [
        f"narrow_at = i * narrow1 + {j} * narrow2",
        f"wide_at = i * wide1 + {j} * wide2",
        "for k in range(count3):",
    ]
    steps = "" if tile.wide_read in ("dense", "first") else " * wide_step"
    for v in range(tile.vectors):
        lane = v * tile.lanes
        read = WIDE_READS[tile.wide_read].format(at=f"wide_at + {lane}{steps}", lane=lane, lanes=tile.lanes)
        lines += [f"    wide_{v} = {read}"]
    product = "dot_bf16_broadcast" if tile.pairs else "fma_broadcast"
    for u, v, name in _sums(tile):
        if low <= u < high:
            lines += [f"    {name} = {product}(narrow, narrow_at + {u} * narrow_row, wide_{v}, {name})"]
    return [*lines, "    narrow_at += narrow3", "    wide_at += wide3"]


def _stores(tile: Tile) -> list[str]:
    """Stores of whole vectors where all lanes exist, else masked ones; rows beyond the last channel are left out."""
    lines = []
    for is_whole in (True, False):
        lines += [f"if lanes_left >= {tile.width}:" if is_whole else "else:"]
        for u in range(tile.rows):
            if not tile.pixels_narrow and u:
                lines += [f"    if rows_left <= {u}:", "        return"]
            for v in range(tile.vectors):
                lane = v * tile.lanes
                at, count = f"{u} * out_row + {lane}", None if is_whole else f"lanes_left - {lane}"
                lines += ["    " + last_write.store(tile.epilogue, "out", at, f"sum_{u}_{v}", count, _kind(tile))]
    return lines


def _kind(tile: Tile) -> str:
    """The kind of loads and stores of `out`."""
    return "_bf16" if tile.pairs else ""


def _transposed_stores(tile: Tile) -> list[str]:
    """Stores of transposed squares of lanes × lanes, log₂(lanes) rounds of exchanges each: pixels become neighbours."""
    lines = []
    for v in range(tile.vectors):
        for first in range(0, tile.rows, tile.lanes):
            rows = min(tile.lanes, tile.rows - first)
            names = [f"sum_{first + u}_{v}" if u < rows else "zero()" for u in range(tile.lanes)]
            prefix = f"turned_{v}_{first}"
            lines += _transposition(names, prefix)
            for lane in range(tile.lanes):
                channel = v * tile.lanes + lane
                at, count = f"{channel} * out_row + {first}", None if rows == tile.lanes else str(rows)
                call = last_write.store(tile.epilogue, "out", at, f"{prefix}_{lane}", count)
                lines += [f"if lanes_left > {channel}:", f"    {call}"]
    return lines


def _transposition(names: list[str], prefix: str) -> list[str]:
    """Lines that set `prefix`_0, _1 … to the columns of the square whose rows are `names`."""
    lanes = len(names)
    lines = [f"{prefix}_{u} = {name}" for u, name in enumerate(names)]
    size = 1
    while size < lanes:
        for u in range(lanes):
            if not u & size:
                x, y = f"{prefix}_{u}", f"{prefix}_{u + size}"
                lines += [f"even = even_blocks_{size}({x}, {y})", f"{y} = odd_blocks_{size}({x}, {y})", f"{x} = even"]
        size *= 2
    return lines
