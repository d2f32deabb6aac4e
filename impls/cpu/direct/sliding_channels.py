"""The kernel of depthwise and narrow grouped convolution with near taps whose sums slide along rows (NHWC).

Lanes are channels; the kernel slides along a few output rows at once, which share the input rows between them
(impls.cpu.direct.slide). Rows above and below the image are read from zeros. Groups of a few channels are neighbours in
a vector: each channel of a group in turn is spread over its group. Where images do not stay in a cache, the kernel
prefetches the inputs and outputs of the rows below, and in groups also those of the next vector. An output is summed
over columns, then rows.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from impls.cpu.compiler import generated, last_write
from impls.cpu.compiler.host import ELEMENT_BYTES
from impls.cpu.direct.slide import Slide, kernel_text, moved_on
from impls.epilogue import NO_EPILOGUE, Epilogue

ARGUMENTS = (
    "x, w, out, bias, zeros, first, last, in_w, left, x_row, x_column, out_row, out_column, low, high, lanes_left"
)


@dataclass(frozen=True, slots=True)
class SlidingChannels:
    """The parameters that determine the instructions for `rows` output rows of one vector of channels.

    Channels are in groups of `group`. Of the input rows, the first `above` and the last `below` may be outside the
    image. `guarded`: channels from lanes_left on are masked. `ahead`: rows of the next tile are prefetched, for a
    stride of 1. `epilogue` follows before outputs are written.
    """

    dtype: str
    lanes: int
    rows: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    above: int
    below: int
    group: int = 1
    guarded: bool = False
    ahead: bool = False
    epilogue: Epilogue = NO_EPILOGUE


@functools.cache
def sliding_channels_kernel(tile: SlidingChannels) -> int:
    """The address of the kernel's machine code; compiled if no process has compiled it yet."""
    address: int = generated.module("sliding_channels", source(tile)).slide.address
    return address


def source(tile: SlidingChannels) -> str:
    """The text of the module with the kernel."""
    slide = Slide(tile.kernel[1], tile.stride[1])
    # The weights of wider groups are too many to stay in registers.
    lines = _channel_weights(tile, 0) if tile.group == 1 else []
    lines += ["if bias == 0:", "    start = zero()", "else:", "    start = load(bias, 0)"]
    lines += [f"sum_{t}_{u} = start" for t in range(slide.pending) for u in range(tile.rows)]
    for row in _rows_outside(tile):
        lines += [f"is_in = {row} >= low and {row} < high"]
        lines += [f"source_{row} = x + row_bytes * ({row} * x_row) if is_in else zeros"]
        lines += [f"column_{row} = x_column if is_in else 0"]
    lines += [f"for j in range(first - {slide.pending - 1}, last):"]
    for at, seen_by in slide.reads():
        lines += [f"    column = j * {slide.stride} - left + {at}", "    if column >= 0 and column < in_w:"]
        for c in range(tile.group):
            lines += [f"        {line}" for line in (_channel_weights(tile, c) if tile.group > 1 else [])]
            lines += [f"        {line}" for line in _channel_terms(tile, c, seen_by)]
    lines += ["    if j >= first:"]
    lines += [f"        {line}" for line in (_channel_prefetches(tile) if tile.ahead else [])]
    for u in range(tile.rows):
        place, count = f"{u} * out_row + j * out_column", "lanes_left" if tile.guarded else None
        lines += ["        " + last_write.store(tile.epilogue, "out", place, f"sum_0_{u}", count)]
    lines += [f"    {line}" for line in moved_on(slide.pending, [str(u) for u in range(tile.rows)])]
    operations = ["load", "load_first", "store", "store_first", "zero", "fma", "prefetch", "prefetch_to_write"]
    operations += [f"spread_{tile.group}_{c}" for c in range(tile.group) if tile.group > 1]
    operations += last_write.operations(tile.epilogue)
    head = generated.header(tile.dtype, tile.lanes, operations, (f"row_bytes = {ELEMENT_BYTES[tile.dtype]}",))
    return kernel_text(head, last_write.arguments(tile.epilogue, ARGUMENTS), lines)


def _rows_seen(tile: SlidingChannels) -> int:
    return (tile.rows - 1) * tile.stride[0] + tile.kernel[0]


def _rows_outside(tile: SlidingChannels) -> list[int]:
    """The input rows that may be outside the image."""
    seen = _rows_seen(tile)
    return [row for row in range(seen) if row < tile.above or row >= seen - tile.below]


def _channel_prefetches(tile: SlidingChannels) -> list[str]:
    """Prefetches of one column of the rows that the next tile reads and this one does not, and of those it writes.

    Groups compute so long at each column that the next vector is prefetched as well.
    """
    seen = _rows_seen(tile)
    reads = [(seen + u, 0) for u in range(tile.rows)]
    writes = [(tile.rows + u, 0) for u in range(tile.rows)]
    if tile.group > 1:
        reads += [(row, tile.lanes) for row in range(seen)]
        writes += [(u, tile.lanes) for u in range(tile.rows)]
    return [
        *(f"prefetch(x, {row} * x_row + (j - left) * x_column + {lane})" for row, lane in reads),
        *(f"prefetch_to_write(out, {u} * out_row + j * out_column + {lane})" for u, lane in writes),
    ]


def _channel_weights(tile: SlidingChannels, c: int) -> list[str]:
    """Loads of the weights of channel `c` of each group."""
    taps = [(a, b) for a in range(tile.kernel[0]) for b in range(tile.kernel[1])]
    return [f"weight_{a}_{b} = load(w, {(n * tile.group + c) * tile.lanes})" for n, (a, b) in enumerate(taps)]


def _channel_terms(tile: SlidingChannels, c: int, seen_by: list[tuple[int, int]]) -> list[str]:
    """The products of one input column, channel `c` of each group: each row is read once for all its outputs."""
    lines, outside = [], _rows_outside(tile)
    for row in range(_rows_seen(tile)):
        place = f"source_{row}, column * column_{row}" if row in outside else f"x, {row} * x_row + column * x_column"
        read = f"load_first({place}, lanes_left)" if tile.guarded else f"load({place})"
        lines += [f"read = {f'spread_{tile.group}_{c}({read})' if tile.group > 1 else read}"]
        for u in range(tile.rows):
            if 0 <= (a := row - u * tile.stride[0]) < tile.kernel[0]:
                lines += [f"sum_{t}_{u} = fma(read, weight_{a}_{b}, sum_{t}_{u})" for t, b in seen_by]
    return lines
