"""The kernel of depthwise convolution: every lane is a channel, or a column, of its own and meets its own input.

    out[u, v] = bias + Σ x[u, v, tap] · w[tap]

over the kernel's rows and columns. Nothing is shared between lanes but perhaps the weight:

- lanes are channels (NHWC): the weights of a tap are vectors, rows of the tile are pixels of an output row;
- lanes are columns (NCHW): the weight of a tap is one for all lanes, rows of the tile are output rows.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from impls.cpu import generated
from impls.cpu.host import VectorUnit, vector_unit

_OPERATIONS = (
    "load", "load_first", "load_even", "load_strided", "store", "store_first", "zero", "broadcast", "fma",
)  # fmt: skip
_READS = {
    "dense": "load(x, {at})",
    "first": "load_first(x, {at}, lanes_left - {lane})",
    "even": "load_even(x, {at})",
    "strided": "load_strided(x, {at}, {lanes}, x_step)",
}
ARGUMENTS = "x, w, out, bias, count1, count2, x1, x2, w1, w2, x_row, x_step, out_row, lanes_left"


@dataclass(frozen=True, slots=True)
class Lanewise:
    """What decides about the instructions of a lanewise kernel; `channels` says that lanes are channels."""

    dtype: str
    lanes: int
    rows: int
    vectors: int
    channels: bool
    read: str = "dense"

    @property
    def width(self) -> int:
        return self.lanes * self.vectors


def lanewise_limit(unit: VectorUnit | None = None) -> int:
    """Sums that the registers hold beside the weights of a tap and what is read."""
    registers = (unit or vector_unit()).registers
    return 24 if registers >= 32 else 10


@functools.cache
def lanewise_kernel(tile: Lanewise) -> int:
    """The address of its machine code; compiled if no process has yet."""
    address: int = generated.module("lanewise", source(tile)).lanewise.address
    return address


def source(tile: Lanewise) -> str:
    """The text of the module that holds the kernel."""
    head = generated.header(tile.dtype, tile.lanes, _OPERATIONS)
    body = [*_starts(tile), *_loops(tile), *_stores(tile)]
    lines = [f"@kernel({ARGUMENTS.count(',') + 1})", f"def lanewise({ARGUMENTS}):", *(f"    {line}" for line in body)]
    return head + "\n".join([*lines, ""])


def _sums(tile: Lanewise) -> list[tuple[int, int, str]]:
    return [(u, v, f"sum_{u}_{v}") for u in range(tile.rows) for v in range(tile.vectors)]


def _starts(tile: Lanewise) -> list[str]:
    lines = ["if bias == 0:"]
    lines += [f"    {name} = zero()" for _, _, name in _sums(tile)]
    lines += ["else:"]
    for _, v, name in _sums(tile):
        start = f"load(bias, {v * tile.lanes})" if tile.channels else "broadcast(bias, 0)"
        lines += [f"    {name} = {start}"]
    return lines


def _loops(tile: Lanewise) -> list[str]:
    lines = ["for i in range(count1):", "    for j in range(count2):"]
    lines += ["        x_at = i * x1 + j * x2", "        w_at = i * w1 + j * w2"]
    vectors = range(tile.vectors)
    if tile.channels:
        lines += [f"        weight_{v} = load(w, w_at + {v * tile.lanes})" for v in vectors]
    else:
        lines += ["        weight_0 = broadcast(w, w_at)"]
    steps = "" if tile.read in ("dense", "first") else " * x_step"
    for u, v, name in _sums(tile):
        lane = v * tile.lanes
        read = _READS[tile.read].format(at=f"x_at + {u} * x_row + {lane}{steps}", lane=lane, lanes=tile.lanes)
        weight = f"weight_{v if tile.channels else 0}"
        lines += [f"        {name} = fma({read}, {weight}, {name})"]
    return lines


def _stores(tile: Lanewise) -> list[str]:
    lines = [f"if lanes_left >= {tile.width}:"]
    lines += [f"    store(out, {u} * out_row + {v * tile.lanes}, {name})" for u, v, name in _sums(tile)]
    lines += ["else:"]
    for u, v, name in _sums(tile):
        lane = v * tile.lanes
        lines += [f"    store_first(out, {u} * out_row + {lane}, {name}, lanes_left - {lane})"]
    return lines
