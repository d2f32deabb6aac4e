"""The kernel of depthwise convolution with few taps whose sums slide down planes (NCHW).

Lanes are columns; the kernel slides down the rows of one plane after the other (impls.cpu.direct.slide). Two loads hold
all columns that a vector of outputs sees; each tap picks its own columns from them, by at most one shuffle. A narrow
plane has two of its rows in one vector. An output is summed over rows, then columns.
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
        lines += [f"            {line}" for line in _plane_reads(tile)]
        for v in range(tile.vectors):
            for b in range(kernel_w):
                lines += [f"            read = picked_{b}(low_{v}, {_high(tile, v)})"]
                for t, a in seen_by:
                    lines += [f"            sum_{t}_{v} = fma(read, weight_{a}_{b}, sum_{t}_{v})"]
    lines += ["        if i >= first:", *(f"            {line}" for line in _plane_stores(tile))]
    lines += [f"        {line}" for line in moved_on(slide.pending, [str(v) for v in range(tile.vectors)])]
    lines += ["    x += plane_bytes * x_plane", "    out += plane_bytes * out_plane"]
    picks = [f"picked_{b} = v.picked({b}, {tile.stride[1]}, {tile.run})" for b in range(kernel_w)]
    operations = ["load", "load_lanes", "lanes_between", "store", "store_first", "zero", "broadcast", "fma"]
    operations += last_write.operations(tile.epilogue)
    head = generated.header(tile.dtype, tile.lanes, operations, (*picks, f"plane_bytes = {ELEMENT_BYTES[tile.dtype]}"))
    return kernel_text(head, last_write.arguments(tile.epilogue, ARGUMENTS), lines)


def _needs_high(tile: SlidingPlanes) -> bool:
    """Whether a vector of outputs sees more than one vector of inputs."""
    return tile.fold > 1 or (tile.run - 1) * tile.stride[1] + tile.kernel[1] > tile.lanes


def _high(tile: SlidingPlanes, v: int) -> str:
    return f"high_{v}" if _needs_high(tile) else f"low_{v}"


def _vector_columns(tile: SlidingPlanes) -> list[str]:
    """The first output column of each vector; the last vector may overlap the one before it."""
    return [*(str(v * tile.run) for v in range(tile.vectors - 1)), "last_vector"]


def _places(tile: SlidingPlanes) -> list[tuple[str, str, bool]]:
    """The vectors read of a row: (name, column in x, whether it may reach outside the image)."""
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
    """Reads of the vectors from which taps are picked: neighbours in a row, or the same columns of two rows."""
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
        return [last_write.store(tile.epilogue, "out", f"i * {tile.fold * tile.run}", "sum_0_0", lanes_left)]
    count = None if tile.run == tile.lanes else str(tile.run)
    return [
        last_write.store(tile.epilogue, "out", f"i * out_w + {column}", f"sum_0_{v}", count)
        for v, column in enumerate(_vector_columns(tile))
    ]
