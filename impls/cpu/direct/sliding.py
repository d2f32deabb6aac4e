"""Kernels of depthwise and narrow grouped convolution with few taps, whose sums slide along the image.

    out[i] = bias + Σ x[i · stride − padding + tap] · w[tap]

Along the axis on which a kernel slides, each step reads the `stride` inputs that output i is the first to need, and
adds them to the sums of all outputs that see them: of i, which is then finished, and of those pending behind it. So an
input is read once for all taps of that axis, whatever lies beside it. Inputs outside the image are skipped.

- Planes (NCHW): lanes are columns, the kernel slides down the rows of one plane after the other. Two loads hold all
  columns that a vector of outputs sees; each tap picks its own from them, by one shuffle at most. A narrow plane has
  two of its rows in a vector.
- Channels (NHWC): lanes are channels, the kernel slides along a few output rows at once, which share the input rows
  between them. What is outside above or below is read from zeros. Groups of a few channels lie side by side in a
  vector: each channel of a group in turn is spread over its group. Where images do not stay in a cache, what the rows
  below will read and write is asked for ahead, in groups also what the vector beside will.

The order in which an output is summed is that of rows, then columns (planes), or the other way round (channels),
wherever a kernel begins to slide.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from impls.cpu.compiler import generated
from impls.cpu.compiler.host import ELEMENT_BYTES

PLANES = "x, w, out, bias, planes, x_plane, out_plane, first, last, in_h, in_w, out_h, out_w, top, left, last_vector"
CHANNELS = (
    "x, w, out, bias, zeros, first, last, in_w, left, x_row, x_column, out_row, out_column, low, high, lanes_left"
)


@dataclass(frozen=True, slots=True)
class Slide:
    """What an axis of the kernel decides: `taps` of it, and by how many inputs a step moves on."""

    taps: int
    stride: int

    @property
    def pending(self) -> int:
        """Outputs that are being summed at a time."""
        return -(-self.taps // self.stride)

    def reads(self) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """The inputs of a step, counted from tap 0 of the output that it finishes, and the (output, tap) that see each.

        Outputs are counted from the one that is finished.
        """
        for phase in range(self.stride):
            at = self.taps - self.stride + phase
            seen_by = [(t, at - t * self.stride) for t in range(self.pending)]
            seen_by = [(t, tap) for t, tap in seen_by if 0 <= tap < self.taps]
            if seen_by:
                yield at, seen_by


@dataclass(frozen=True, slots=True)
class SlidingPlanes:
    """What decides about the instructions that slide down planes.

    `vectors` lie side by side, each with `run` output columns of `fold` output rows. What may reach over the image's
    left or right edge is read by masks, which cost nothing where they are known before a row is.
    """

    dtype: str
    lanes: int
    vectors: int
    run: int
    fold: int
    kernel: tuple[int, int]
    stride: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SlidingChannels:
    """What decides about the instructions that slide along `rows` output rows of one vector of channels.

    The channels are in groups of `group`. `above` and `below`: so many of the input rows that they see may be outside.
    `guarded` by lanes_left. `ahead`: rows of the next tile are asked for, in strides of 1.
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


@functools.cache
def sliding_planes_kernel(tile: SlidingPlanes) -> int:
    """The address of its machine code; compiled if no process has yet."""
    address: int = generated.module("sliding_planes", planes_source(tile)).slide.address
    return address


@functools.cache
def sliding_channels_kernel(tile: SlidingChannels) -> int:
    """The address of its machine code; compiled if no process has yet."""
    address: int = generated.module("sliding_channels", channels_source(tile)).slide.address
    return address


def run_of(lanes: int, kernel_w: int, stride_w: int) -> int:
    """The output columns whose inputs are within two vectors, a vector of them at most; 0 or less if there are none."""
    return min(lanes, (2 * lanes - kernel_w) // stride_w + 1)


def folds(lanes: int, out_w: int, kernel_w: int, stride_w: int) -> bool:
    """Whether a vector holds two output rows, and one all that either of them sees."""
    return 2 * out_w <= lanes and (out_w - 1) * stride_w + kernel_w <= lanes


def planes_source(tile: SlidingPlanes) -> str:
    """The text of the module that holds the kernel."""
    kernel_h, kernel_w = tile.kernel
    slide = Slide(kernel_h, tile.stride[0] * tile.fold)
    sums = [(t, v) for t in range(slide.pending) for v in range(tile.vectors)]
    lines = [*_masks(tile), "for plane in range(planes):"]
    lines += [
        f"    weight_{a}_{b} = broadcast(w, plane * {kernel_h * kernel_w} + {a * kernel_w + b})"
        for a in range(kernel_h)
        for b in range(kernel_w)
    ]
    lines += ["    if bias == 0:", "        start = zero()", "    else:", "        start = broadcast(bias, plane)"]
    lines += [f"    sum_{t}_{v} = start" for t, v in sums]
    lines += [f"    for i in range(first - {slide.pending - 1}, last):"]
    for at, seen_by in slide.reads():
        lines += [f"        row = i * {slide.stride} - top + {at}"]
        lines += [f"        if row > {-1 - (tile.fold - 1) * tile.stride[0]} and row < in_h:"]
        lines += [f"            {line}" for line in _plane_reads(tile)]
        for v in range(tile.vectors):
            for b in range(kernel_w):
                lines += [f"            read = picked_{b}(low_{v}, {_high(tile, v)})"]
                for t, a in seen_by:
                    lines += [f"            sum_{t}_{v} = fma(read, weight_{a}_{b}, sum_{t}_{v})"]
    lines += ["        if i >= first:", *(f"            {line}" for line in _plane_stores(tile))]
    lines += [f"        {line}" for line in _moved_on(slide.pending, [str(v) for v in range(tile.vectors)])]
    lines += ["    x += plane_bytes * x_plane", "    out += plane_bytes * out_plane"]
    picks = [f"picked_{b} = v.picked({b}, {tile.stride[1]}, {tile.run})" for b in range(kernel_w)]
    operations = ("load", "load_lanes", "lanes_between", "store", "store_first", "zero", "broadcast", "fma")
    head = generated.header(tile.dtype, tile.lanes, operations, (*picks, f"plane_bytes = {ELEMENT_BYTES[tile.dtype]}"))
    return _module(head, PLANES, lines)


def _needs_high(tile: SlidingPlanes) -> bool:
    """Whether a vector of outputs sees more than a vector of inputs."""
    return tile.fold > 1 or (tile.run - 1) * tile.stride[1] + tile.kernel[1] > tile.lanes


def _high(tile: SlidingPlanes, v: int) -> str:
    return f"high_{v}" if _needs_high(tile) else f"low_{v}"


def _vector_columns(tile: SlidingPlanes) -> list[str]:
    """The first output column of each vector, the last of which may overlap the one before it."""
    return [*(str(v * tile.run) for v in range(tile.vectors - 1)), "last_vector"]


def _places(tile: SlidingPlanes) -> list[tuple[str, str, bool]]:
    """What is read of a row: names, the column of each in x, and whether it may reach outside the image."""
    step, places = tile.stride[1], []
    for v, column in enumerate(_vector_columns(tile)):
        places.append((f"low_{v}", f"{column} * {step} - left", v == 0 or v == tile.vectors - 1))
        if _needs_high(tile):
            more = tile.lanes if tile.fold == 1 else 0
            places.append((f"high_{v}", f"{column} * {step} - left + {more}", v >= tile.vectors - 2))
    return places


def _masks(tile: SlidingPlanes) -> list[str]:
    return [
        f"inside_{name} = lanes_between(-({column}), in_w - ({column}))"
        for name, column, guarded in _places(tile)
        if guarded
    ]


def _plane_reads(tile: SlidingPlanes) -> list[str]:
    """The vectors of x from which taps are picked: neighbours in a row, or the same columns of two rows."""
    lines = []
    for name, column, guarded in _places(tile):
        row, inside = "row", f"inside_{name}"
        if tile.fold > 1:
            row = f"(row + {tile.stride[0]})" if name.startswith("high") else "row"
            lines += [f"bits = inside_{name} if {row} >= 0 and {row} < in_h else 0"]
            inside = "bits"
        at = f"x, {row} * in_w + {column}"
        lines += [f"{name} = load_lanes({at}, {inside})" if guarded else f"{name} = load({at})"]
    return lines


def _plane_stores(tile: SlidingPlanes) -> list[str]:
    if tile.fold > 1:
        lanes_left = f"min({tile.fold}, out_h - i * {tile.fold}) * {tile.run}"
        return [f"store_first(out, i * {tile.fold * tile.run}, sum_0_0, {lanes_left})"]
    return [
        f"store(out, i * out_w + {column}, sum_0_{v})"
        if tile.run == tile.lanes
        else f"store_first(out, i * out_w + {column}, sum_0_{v}, {tile.run})"
        for v, column in enumerate(_vector_columns(tile))
    ]


def channels_source(tile: SlidingChannels) -> str:
    """The text of the module that holds the kernel."""
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
        place = f"out, {u} * out_row + j * out_column, sum_0_{u}"
        lines += [f"        store_first({place}, lanes_left)" if tile.guarded else f"        store({place})"]
    lines += [f"    {line}" for line in _moved_on(slide.pending, [str(u) for u in range(tile.rows)])]
    operations = ["load", "load_first", "store", "store_first", "zero", "fma", "prefetch", "prefetch_to_write"]
    operations += [f"spread_{tile.group}_{c}" for c in range(tile.group) if tile.group > 1]
    head = generated.header(tile.dtype, tile.lanes, operations, (f"row_bytes = {ELEMENT_BYTES[tile.dtype]}",))
    return _module(head, CHANNELS, lines)


def _rows_seen(tile: SlidingChannels) -> int:
    return (tile.rows - 1) * tile.stride[0] + tile.kernel[0]


def _rows_outside(tile: SlidingChannels) -> list[int]:
    """Those of the rows seen that may be outside the image."""
    seen = _rows_seen(tile)
    return [row for row in range(seen) if row < tile.above or row >= seen - tile.below]


def _channel_prefetches(tile: SlidingChannels) -> list[str]:
    """One column of the rows that the next tile sees and this one does not, and of those that it writes.

    Groups compute for so long at each column that the vector beside this one, which comes next, is asked for as well.
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
    """Those of channel `c` of each group."""
    taps = [(a, b) for a in range(tile.kernel[0]) for b in range(tile.kernel[1])]
    return [f"weight_{a}_{b} = load(w, {(n * tile.group + c) * tile.lanes})" for n, (a, b) in enumerate(taps)]


def _channel_terms(tile: SlidingChannels, c: int, seen_by: list[tuple[int, int]]) -> list[str]:
    """One column of the input, channel `c` of each group: every row is read once for all outputs that see it."""
    lines, outside = [], _rows_outside(tile)
    for row in range(_rows_seen(tile)):
        place = f"source_{row}, column * column_{row}" if row in outside else f"x, {row} * x_row + column * x_column"
        read = f"load_first({place}, lanes_left)" if tile.guarded else f"load({place})"
        lines += [f"read = {f'spread_{tile.group}_{c}({read})' if tile.group > 1 else read}"]
        for u in range(tile.rows):
            if 0 <= (a := row - u * tile.stride[0]) < tile.kernel[0]:
                lines += [f"sum_{t}_{u} = fma(read, weight_{a}_{b}, sum_{t}_{u})" for t, b in seen_by]
    return lines


def _moved_on(pending: int, parts: list[str]) -> list[str]:
    """Each sum becomes that of the output before it."""
    lines = [f"sum_{t}_{part} = sum_{t + 1}_{part}" for t in range(pending - 1) for part in parts]
    return [*lines, *(f"sum_{pending - 1}_{part} = start" for part in parts)]


def _module(head: str, arguments: str, lines: list[str]) -> str:
    text = [f"@kernel({arguments.count(',') + 1})", f"def slide({arguments}):", *(f"    {line}" for line in lines), ""]
    return head + "\n".join(text)
