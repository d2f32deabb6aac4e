"""The kernel of depthwise convolution with near taps whose sums slide down planes (NCHW).

Lanes are columns; the kernel slides down the rows of one plane after the other (impls.cpu.direct.slide). Two loads hold
all columns that a vector of outputs sees; each tap picks its own columns from them, by at most one shuffle. A narrow
plane has two of its rows in one vector. An output is summed over rows, then columns.

With a horizontal stride of 2, a pick would be several shuffles on AVX2. There, two loads hold all columns of two taps,
the even ones for one tap and the odd ones for the other. They are taken by shuffles inside of 128 bits, so lanes are
outputs in another order, the same for all taps; a finished vector is put in order before it is written.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from impls.cpu.compiler import generated, last_write
from impls.cpu.compiler.host import ELEMENT_BYTES
from impls.cpu.direct.slide import Slide, kernel_text, moved_on
from impls.epilogue import NO_EPILOGUE, Epilogue

ARGUMENTS = "x, w, out, bias, planes, x_plane, out_plane, first, last, in_h, in_w, out_h, out_w, top, left, last_vector"


@dataclass(frozen=True, slots=True)
class SlidingPlanes:
    """The parameters that determine the kernel's instructions.

    `vectors` are neighbours, each with `run` output columns of `fold` output rows. Reads that may cross the image's
    left or right edge use masks, which cost nothing where they are known before a row is. `epilogue` follows before
    outputs are written.
    """

    dtype: str
    lanes: int
    vectors: int
    run: int
    fold: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    epilogue: Epilogue = NO_EPILOGUE


@functools.cache
def sliding_planes_kernel(tile: SlidingPlanes) -> int:
    """The address of the kernel's machine code; compiled if no process has compiled it yet."""
    address: int = generated.module("sliding_planes", source(tile)).slide.address
    return address


def source(tile: SlidingPlanes) -> str:
    """The text of the module with the kernel."""
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
        for v in range(tile.vectors):
            lines += [f"            {line}" for line in _reads(tile, v)]
            for b in range(kernel_w):
                lines += [f"            read = {_tap(tile, v, b)}"]
                for t, a in seen_by:
                    lines += [f"            sum_{t}_{v} = fma(read, weight_{a}_{b}, sum_{t}_{v})"]
    lines += ["        if i >= first:", *(f"            {line}" for line in _stores(tile))]
    lines += [f"        {line}" for line in moved_on(slide.pending, [str(v) for v in range(tile.vectors)])]
    lines += ["    x += plane_bytes * x_plane", "    out += plane_bytes * out_plane"]
    operations = ["load", "load_lanes", "lanes_between", "store", "store_first", "zero", "broadcast", "fma"]
    picks = []
    if _alternates(tile):
        operations += ["even_lanes", "odd_lanes", "in_order"]
    else:
        picks = [f"picked_{b} = v.picked({b}, {tile.stride[1]}, {tile.run})" for b in range(kernel_w)]
    operations += last_write.operations(tile.epilogue)
    head = generated.header(tile.dtype, tile.lanes, operations, (*picks, f"plane_bytes = {ELEMENT_BYTES[tile.dtype]}"))
    return kernel_text(head, last_write.arguments(tile.epilogue, ARGUMENTS), lines)


def _alternates(tile: SlidingPlanes) -> bool:
    """Whether taps are every second column of a pair of reads, in an order of their own."""
    return tile.stride[1] == 2 and tile.fold == 1


def _needs_high(tile: SlidingPlanes) -> bool:
    """Whether a tap sees more than one vector of inputs."""
    return tile.fold > 1 or _alternates(tile) or (tile.run - 1) * tile.stride[1] + tile.kernel[1] > tile.lanes


def _tap(tile: SlidingPlanes, v: int, b: int) -> str:
    """The inputs of column `b` of the kernel for vector `v`."""
    first = b - b % 2 if _alternates(tile) else 0
    low, high = f"low_{v}_{first}", f"{'high' if _needs_high(tile) else 'low'}_{v}_{first}"
    if _alternates(tile):
        return f"{'odd' if b % 2 else 'even'}_lanes({low}, {high})"
    return f"picked_{b}({low}, {high})"


def _vector_columns(tile: SlidingPlanes) -> list[str]:
    """The first output column of each vector; the last vector may overlap the one before it."""
    return [*(str(v * tile.run) for v in range(tile.vectors - 1)), "last_vector"]


def _places(tile: SlidingPlanes, v: int) -> list[tuple[str, str, bool]]:
    """The reads of a row for vector `v`: (name, column in x, whether it may reach outside the image)."""
    column, places = _vector_columns(tile)[v], []
    for first in range(0, tile.kernel[1], 2) if _alternates(tile) else [0]:
        ats = [("low", first)]
        if _needs_high(tile):
            ats.append(("high", first + (tile.lanes if tile.fold == 1 else 0)))
        places += [
            (f"{name}_{v}_{first}", f"{column} * {tile.stride[1]} - left + {at}", _reaches_outside(tile, v, at))
            for name, at in ats
        ]
    return places


def _reaches_outside(tile: SlidingPlanes, v: int, at: int) -> bool:
    """Whether a read of vector `v`, `at` columns after its first input, may reach outside the image.

    There are fewer columns of padding on either side than of the kernel. So the image begins at the latest at the
    last tap of the first output, and ends at the earliest after the first tap of the last output. All vectors but the
    last follow each other, and the last ends at least one column after them.
    """
    if tile.fold > 1:
        return True
    step, before_last = tile.stride[1], (tile.vectors - 1) * tile.run
    is_last = v == tile.vectors - 1
    least = max(0, before_last - tile.run + 1) if is_last else v * tile.run
    end = (tile.run - 1 if is_last else before_last - v * tile.run) * step + 1
    return least * step + at < tile.kernel[1] - 1 or at + tile.lanes > end


def _masks(tile: SlidingPlanes) -> list[str]:
    return [
        f"inside_{name} = lanes_between(-({column}), in_w - ({column}))"
        for v in range(tile.vectors)
        for name, column, guarded in _places(tile, v)
        if guarded
    ]


def _reads(tile: SlidingPlanes, v: int) -> list[str]:
    """The reads from which taps of vector `v` are taken: neighbours in a row, or the same columns of two rows."""
    lines = []
    for name, column, guarded in _places(tile, v):
        row, inside = "row", f"inside_{name}"
        if tile.fold > 1:
            row = f"(row + {tile.stride[0]})" if name.startswith("high") else "row"
            lines += [f"bits = inside_{name} if {row} >= 0 and {row} < in_h else 0"]
            inside = "bits"
        at = f"x, {row} * in_w + {column}"
        lines += [f"{name} = load_lanes({at}, {inside})" if guarded else f"{name} = load({at})"]
    return lines


def _stores(tile: SlidingPlanes) -> list[str]:
    if tile.fold > 1:
        lanes_left = f"min({tile.fold}, out_h - i * {tile.fold}) * {tile.run}"
        return [last_write.store(tile.epilogue, "out", f"i * {tile.fold * tile.run}", "sum_0_0", lanes_left)]
    count = None if tile.run == tile.lanes else str(tile.run)
    value = "in_order(sum_0_{})" if _alternates(tile) else "sum_0_{}"
    return [
        last_write.store(tile.epilogue, "out", f"i * out_w + {column}", value.format(v), count)
        for v, column in enumerate(_vector_columns(tile))
    ]
