"""The kernel of depthwise and narrow grouped convolution with any taps: each lane has an output and input of its own.

    out[u, v] = bias + Σ x[u, v, tap] · w[tap]

over the kernel's rows and columns. Lanes share at most the weight:

- lanes are channels (NHWC): the weights of a tap are vectors, rows of the tile are pixels of an output row. Groups of a
  few channels are neighbours in a vector: each channel of a group in turn is spread over its group;
- lanes are columns (NCHW): all lanes have the same weight of a tap, rows of the tile are output rows. At an edge of the
  image, only lanes inside it are read and the others are zero.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from impls.cpu.compiler import generated, last_write
from impls.epilogue import NO_EPILOGUE, Epilogue

_OPERATIONS = (
    "load", "load_first", "load_even", "load_strided", "lanes_between", "load_lanes", "load_lanes_strided", "even",
    "store", "store_first", "zero", "broadcast", "fma",
)  # fmt: skip
ARGUMENTS = (
    "x, w, out, bias, count1, count2, x1, x2, w1, w2, x_row, x_step, out_row, lanes_left, column0, column2, in_w"
)


@dataclass(frozen=True, slots=True)
class Lanewise:
    """The parameters that determine the kernel's instructions.

    `channels`: lanes are channels, in groups of `group`, else columns. `step`: 1 where the inputs of lanes are
    neighbours, 2 where they are every second element, 0 for any step. `guarded`: reads are masked, by the image's edges
    where lanes are columns, by lanes_left where lanes are channels. `epilogue` follows before outputs are written.
    """

    dtype: str
    lanes: int
    rows: int
    vectors: int
    channels: bool
    group: int = 1
    step: int = 1
    guarded: bool = False
    epilogue: Epilogue = NO_EPILOGUE

    @property
    def width(self) -> int:
        return self.lanes * self.vectors


@functools.cache
def lanewise_kernel(tile: Lanewise) -> int:
    """The address of the kernel's machine code; compiled if no process has compiled it yet."""
    address: int = generated.module("lanewise", source(tile)).lanewise.address
    return address


def source(tile: Lanewise) -> str:
    """The text of the module with the kernel."""
    spreads = [f"spread_{tile.group}_{c}" for c in range(tile.group)] if tile.group > 1 else []
    head = generated.header(tile.dtype, tile.lanes, (*_OPERATIONS, *spreads, *last_write.operations(tile.epilogue)))
    body = [*_starts(tile), *_loops(tile), *_stores(tile)]
    arguments = last_write.arguments(tile.epilogue, ARGUMENTS)
    lines = [f"@kernel({arguments.count(',') + 1})", f"def lanewise({arguments}):", *(f"    {line}" for line in body)]
    return head + "\n".join([*lines, ""])


def _sums(tile: Lanewise) -> list[tuple[int, int, str]]:
    return [(u, v, f"sum_{u}_{v}") for u in range(tile.rows) for v in range(tile.vectors)]


def _starts(tile: Lanewise) -> list[str]:
    """Sums begin as the bias; without a bias its address is 0."""
    lines = ["if bias == 0:"]
    lines += [f"    {name} = zero()" for _, _, name in _sums(tile)]
    lines += ["else:"]
    for _, v, name in _sums(tile):
        start = f"load(bias, {v * tile.lanes})" if tile.channels else "broadcast(bias, 0)"
        lines += [f"    {name} = {start}"]
    return lines


def _loops(tile: Lanewise) -> list[str]:
    vectors = range(tile.vectors)
    seen = tile.guarded and not tile.channels
    lines = ["for i in range(count1):"]
    lines += ["    for j in range(count2):", "        x_at = i * x1 + j * x2", "        w_at = i * w1 + j * w2"]
    if tile.channels:
        width = tile.width
        for v in vectors:
            for c in range(tile.group):
                lines += [f"        weight_{v}_{c} = load(w, w_at + {c * width + v * tile.lanes})"]
    else:
        lines += ["        weight_0_0 = broadcast(w, w_at)"]
    if seen:
        lines += [f"        {line}" for v in vectors for line in _lanes_inside(tile, v, "j")]
    for u, v, name in _sums(tile):
        lines += [f"        read = {_read(tile, f'x_at + {u} * x_row', v, 'j')}"]
        for c in range(tile.group):
            factor = f"spread_{tile.group}_{c}(read)" if tile.group > 1 else "read"
            lines += [f"        {name} = fma({factor}, weight_{v if tile.channels else 0}_{c}, {name})"]
    return lines


def _lanes_inside(tile: Lanewise, v: int, tap: str) -> list[str]:
    """Lines that set a bit for each lane of vector `v` whose column is inside the image, at a column of the kernel."""
    lane = v * tile.lanes
    column = f"column0 + {tap} * column2"
    if tile.step == 0:
        # Lane k is at column + k · x_step.
        first = f"({column} + {lane} * x_step)"
        return [f"inside_{v}_{tap} = lanes_between(-({first} // x_step), (in_w - {first} + x_step - 1) // x_step)"]
    first = f"({column} + {lane * tile.step})"
    lines = [f"inside_{v}_{tap} = lanes_between(-{first}, in_w - {first})"]
    if tile.step == 2:
        # The second of the two reads begins at the last lane of the first.
        second = f"({column} + {lane * tile.step + tile.lanes - 1})"
        lines += [f"inside_{v}_{tap}_too = lanes_between(-{second}, in_w - {second})"]
    return lines


def _read(tile: Lanewise, place: str, v: int, tap: str) -> str:
    """The read of vector `v` of x from `place` on."""
    lane = v * tile.lanes
    at = f"{place} + {lane}" + (" * x_step" if tile.step == 0 else f" * {tile.step}")
    if not tile.guarded:
        strided = f"load_strided(x, {at}, {tile.lanes}, x_step)"
        return {1: f"load(x, {at})", 2: f"load_even(x, {at})", 0: strided}[tile.step]
    if tile.channels:
        return f"load_first(x, {at}, lanes_left - {lane})"
    low, high = f"x, {at}, inside_{v}_{tap}", f"x, {at} + {tile.lanes - 1}, inside_{v}_{tap}_too"
    return {
        1: f"load_lanes({low})",
        2: f"even(load_lanes({low}), load_lanes({high}))",
        0: f"load_lanes_strided({low}, x_step)",
    }[tile.step]


def _stores(tile: Lanewise) -> list[str]:
    lines = []
    for is_whole in (True, False):
        lines += [f"if lanes_left >= {tile.width}:" if is_whole else "else:"]
        for u, v, name in _sums(tile):
            lane = v * tile.lanes
            count = None if is_whole else f"lanes_left - {lane}"
            lines += ["    " + last_write.store(tile.epilogue, "out", f"{u} * out_row + {lane}", name, count)]
    return lines
