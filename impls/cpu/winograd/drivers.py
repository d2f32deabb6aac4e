"""The loops around Winograd's kernels: which tiles and frequencies come when, on which worker.

Compiled once for all shapes, types and kernels: sizes come in a record, operands and kernels as addresses. x, y, u, v,
m, bias, work, half and strip are addresses, steps and offsets count elements. Tiles are numbered through rows, then
images; `base` is the tile that lies first in v and m. Every output is computed in one order, however work is divided.

An item of work is a slice of channels (impls.cpu.winograd.blocking) and a block of tiles:

u   (slice, frequency, panel, input channel of the group, output channel of the panel)     transformed filters
v   (frequency, tile, input channel)                    transformed data of an item
m   (frequency, tile, output channel)                   their products, summed over input channels
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numba
import numpy as np

from impls.cpu.compiler.calls import call
from impls.cpu.compiler.compiling import kept
from impls.cpu.winograd.blocking import Blocking
from impls.cpu.winograd.tile_transforms import tile_kernels
from impls.cpu.winograd.transposition import transposition_kernels
from impls.cpu.winograd.variant import Variant
from impls.problem import ConvProblem


def record(variant: Variant, p: ConvProblem, blocks: Blocking) -> np.ndarray[Any, Any]:
    """All numbers that the drivers need, by name: sizes, and addresses of kernels but for the products'."""
    data, data_border, inverse, inverse_border = tile_kernels(variant)
    last, first, clear = (0, 0, 0) if variant.layout == "nhwc" else transposition_kernels(variant.dtype, variant.lanes)
    sizes = asdict(blocks)
    numbers = sizes.pop("channels") | sizes | {
        "height": p.size[0], "width": p.size[1], "channels": p.in_channels,
        "out_height": p.output_size[0], "out_width": p.output_size[1], "out_channels": p.out_channels,
        "top": p.padding[0][0], "left": p.padding[1][0], "channels_are_last": int(variant.layout == "nhwc"),
        "tile": variant.tile, "alpha_h": variant.alpha[0], "alpha_w": variant.alpha[1],
        "frequencies": variant.frequencies, "lanes": variant.lanes, "panel": variant.panel, "rows": variant.rows,
        "half": variant.half, "bytes": variant.element_bytes,
        "data": data, "data_border": data_border, "inverse": inverse, "inverse_border": inverse_border,
        "channels_last": last, "channels_first": first, "clear": clear,
    }  # fmt: skip
    return np.array([tuple(numbers.values())], dtype=[(name, np.int64) for name in numbers])


_driver = kept(parallel=True, nogil=True, error_model="numpy")
_part = kept(nogil=True, error_model="numpy")


@_driver
def by_tiles(numbers, products, x, u, bias, y, work, workers):  # type: ignore[no-untyped-def]
    """Each worker takes a share of the items, whose data and sums stay in its own cache."""
    for worker in numba.prange(workers):
        _share_of_items(numbers, products, x, u, bias, y, work, np.int64(worker), workers)


@_part
def _share_of_items(numbers, products, x, u, bias, y, work, worker, workers):  # type: ignore[no-untyped-def]
    g = numbers[0]
    v = work + g.bytes * worker * (g.v_size + g.m_size + g.scratch)
    m = v + g.bytes * g.v_size
    half = m + g.bytes * g.m_size
    begin, end = _share(g.slices * g.blocks, worker, workers)
    for item in range(begin, end):
        part, first, last = _item(g, item)
        low, high = _of_slice(g.in_vectors, g.slice_in, part)
        _transform(g, x, v, half, first, last, first, low, low, high)
        _multiply(g, products, v, u, m, part, last - first, 0, g.frequencies * g.slice_panels)
        low, high = _of_slice(g.out_vectors, g.slice_out, part)
        _invert(g, m, bias, y, half, first, last, first, low, low, high)


@_driver
def by_frequencies(numbers, products, x, u, bias, y, work, workers):  # type: ignore[no-untyped-def]
    """All workers share an item: they divide its channels or tiles, then its frequencies, then outputs."""
    for item in range(numbers[0].slices * numbers[0].blocks):
        for worker in numba.prange(workers):
            _transform_share(numbers, x, work, item, np.int64(worker), workers)
        for worker in numba.prange(workers):
            _multiply_share(numbers, products, u, work, item, np.int64(worker), workers)
        for worker in numba.prange(workers):
            _invert_share(numbers, bias, y, work, item, np.int64(worker), workers)


@_part
def _transform_share(numbers, x, work, item, worker, workers):  # type: ignore[no-untyped-def]
    g = numbers[0]
    half = work + g.bytes * (g.v_size + g.m_size + worker * g.scratch)
    part, base, last = _item(g, item)
    start, stop = _of_slice(g.in_vectors, g.slice_in, part)
    begin, end, low, high = _share_of_rectangle(last - base, stop - start, worker, workers)
    _transform(g, x, work, half, base + begin, base + end, base, start, start + low, start + high)


@_part
def _multiply_share(numbers, products, u, work, item, worker, workers):  # type: ignore[no-untyped-def]
    g = numbers[0]
    part, base, last = _item(g, item)
    begin, end = _share(g.frequencies * g.slice_panels, worker, workers)
    _multiply(g, products, work, u, work + g.bytes * g.v_size, part, last - base, begin, end)


@_part
def _invert_share(numbers, bias, y, work, item, worker, workers):  # type: ignore[no-untyped-def]
    g = numbers[0]
    m = work + g.bytes * g.v_size
    half = m + g.bytes * (g.m_size + worker * g.scratch)
    part, base, last = _item(g, item)
    start, stop = _of_slice(g.out_vectors, g.slice_out, part)
    begin, end, low, high = _share_of_rectangle(last - base, stop - start, worker, workers)
    _invert(g, m, bias, y, half, base + begin, base + end, base, start, start + low, start + high)


@_part
def _item(g, item):  # type: ignore[no-untyped-def]
    """(slice of channels, first tile, last); all blocks of a slice are neighbours."""
    first, last = _share(g.tiles, item % g.blocks, g.blocks)
    return item // g.blocks, first, last


@_part
def _of_slice(vectors, length, part):  # type: ignore[no-untyped-def]
    """The vectors of a slice of that length, the last of which may be shorter."""
    return part * length, min(vectors, (part + 1) * length)


@_part
def _share(count, part, parts):  # type: ignore[no-untyped-def]
    """What part number `part` of `parts` gets of `count` things, as even as can be."""
    return count * part // parts, count * (part + 1) // parts


@_part
def _share_of_rectangle(tiles, vectors, worker, workers):  # type: ignore[no-untyped-def]
    """Channels divided where they divide evenly, else tiles: (first tile, last, first vector, last)."""
    if vectors % workers == 0:
        low, high = _share(vectors, worker, workers)
        return 0, tiles, low, high
    begin, end = _share(tiles, worker, workers)
    return begin, end, 0, vectors


@_part
def _multiply(g, products, v, u, m, part, tiles, first, last):  # type: ignore[no-untyped-def]
    """Products first … last of a slice, each of one frequency and one panel of output channels; filters stream once."""
    runs = -(-tiles // g.rows)
    size = g.group_channels * g.panel
    for product in range(first, last):
        frequency, panel = product // g.slice_panels, product % g.slice_panels
        if part * g.slice_panels + panel >= g.panels:
            continue
        filters = u + g.bytes * size * (part * g.frequencies * g.slice_panels + product)
        data = v + g.bytes * (frequency * g.v_frequency + panel // g.group_panels * g.group_step)
        sums = m + g.bytes * (frequency * g.m_frequency + panel * g.panel)
        for run in range(runs):
            top, bottom = _share(tiles, run, runs)
            rows, data_row, sums_row = products[bottom - top], g.bytes * top * g.v_row, g.bytes * top * g.m_row
            call(rows, (data + data_row, g.v_row, filters, sums + sums_row, g.m_row, g.group_channels))


@_part
def _place(g, tile):  # type: ignore[no-untyped-def]
    """(image, first output row, first output column) of a tile."""
    image, place = tile // g.tiles_of_image, tile % g.tiles_of_image
    return image, place // g.tiles_of_row * g.tile, place % g.tiles_of_row * g.tile


@_part
def _transform(g, x, v, half, first, last, base, start, low, high):  # type: ignore[no-untyped-def]
    """Data of tiles first … last, vectors low … high of their channels, into v, whose first vector is `start`."""
    v -= g.bytes * start * g.lanes
    if g.channels_are_last:
        for tile in range(first, last):
            _transform_tile(g, x, v + g.bytes * (tile - base) * g.v_row, half, tile, low, high)
        return
    tile = first
    while tile < last:
        rows, run = _strip(g, tile, last)
        _transform_strip(g, x, v + g.bytes * (tile - base) * g.v_row, half, tile, rows, run, low, high)
        tile += rows * run


@_part
def _strip(g, tile, last):  # type: ignore[no-untyped-def]
    """(rows, run) of the tiles from `tile` on that are turned together: whole rows of an image, or a part of one."""
    row, column = tile % g.tiles_of_image // g.tiles_of_row, tile % g.tiles_of_row
    run = min(g.strip_run, last - tile, g.tiles_of_row - column)
    if run < g.tiles_of_row:
        return 1, run
    return min(g.strip_rows, (last - tile) // run, g.tiles_of_image // run - row), run


@_part
def _transform_tile(g, x, v, half, tile, low, high):  # type: ignore[no-untyped-def]
    image, top, left = _place(g, tile)
    top, left = top - g.top, left - g.left
    inside = top >= 0 and left >= 0 and top + g.alpha_h <= g.height and left + g.alpha_w <= g.width
    row = g.width * g.channels
    source = x + g.bytes * ((image * g.height + top) * row + left * g.channels)
    for c in range(low * g.lanes, high * g.lanes, g.lanes):
        at, to, left_over = source + g.bytes * c, v + g.bytes * c, g.channels - c
        if inside and left_over >= g.lanes:
            call(g.data, (at, row, g.channels, to, g.v_frequency, half))
        else:
            right, bottom = g.width - left, g.height - top
            call(
                g.data_border,
                (at, row, g.channels, to, g.v_frequency, half, -top, bottom, -left, right, left_over),
            )


@_part
def _transform_strip(g, x, v, half, tile, rows, run, low, high):  # type: ignore[no-untyped-def]
    """Tiles side by side in planes: their pixels are first turned into vectors of channels, with zeros around."""
    image, top, left = _place(g, tile)
    strip = half + g.bytes * g.half
    height, width = rows * g.tile + g.alpha_h - g.tile, run * g.tile + g.alpha_w - g.tile
    for c in range(low * g.lanes, high * g.lanes, g.lanes):
        _gather(g, x, image, c, top - g.top, left - g.left, height, width, strip)
        for n in range(rows * run):
            at = strip + g.bytes * (n // run * width + n % run) * g.tile * g.lanes
            call(g.data, (at, width * g.lanes, g.lanes, v + g.bytes * (n * g.v_row + c), g.v_frequency, half))


@_part
def _gather(g, x, image, c, top, left, height, width, strip):  # type: ignore[no-untyped-def]
    """A part of the padded image from (top, left) on, a vector of channels from c on each pixel, into the strip."""
    begin, end = max(left, 0), min(left + width, g.width)
    plane = g.height * g.width
    vector = g.bytes * g.lanes
    for i in range(height):
        row = strip + vector * i * width
        if top + i < 0 or top + i >= g.height or begin >= end:
            call(g.clear, (row, width))
            continue
        source = x + g.bytes * ((image * g.channels + c) * plane + (top + i) * g.width)
        call(g.clear, (row, begin - left))
        for j in range(begin, end, g.lanes):
            # The last square may run over into the next row, which is written later, or behind the strip.
            to = row + vector * (j - left)
            call(g.channels_last, (source + g.bytes * j, plane, to, g.channels - c, end - j))
        call(g.clear, (row + vector * (end - left), left + width - end))


@_part
def _invert(g, m, bias, y, half, first, last, base, start, low, high):  # type: ignore[no-untyped-def]
    """Outputs of tiles first … last, vectors low … high of their channels, from m, whose first vector is `start`."""
    m -= g.bytes * start * g.lanes
    if g.channels_are_last:
        for tile in range(first, last):
            _invert_tile(g, m + g.bytes * (tile - base) * g.m_row, bias, y, half, tile, low, high)
        return
    tile = first
    while tile < last:
        rows, run = _strip(g, tile, last)
        _invert_strip(g, m + g.bytes * (tile - base) * g.m_row, bias, y, half, tile, rows, run, low, high)
        tile += rows * run


@_part
def _invert_tile(g, m, bias, y, half, tile, low, high):  # type: ignore[no-untyped-def]
    image, top, left = _place(g, tile)
    inside = top + g.tile <= g.out_height and left + g.tile <= g.out_width
    row = g.out_width * g.out_channels
    target = y + g.bytes * ((image * g.out_height + top) * row + left * g.out_channels)
    for k in range(low * g.lanes, high * g.lanes, g.lanes):
        at, to, own, left_over = m + g.bytes * k, target + g.bytes * k, bias + g.bytes * k, g.out_channels - k
        if inside and left_over >= g.lanes:
            call(g.inverse, (at, g.m_frequency, to, row, g.out_channels, half, own))
        else:
            rows, columns = g.out_height - top, g.out_width - left
            call(
                g.inverse_border,
                (at, g.m_frequency, to, row, g.out_channels, half, own, rows, columns, left_over),
            )


@_part
def _invert_strip(g, m, bias, y, half, tile, rows, run, low, high):  # type: ignore[no-untyped-def]
    """Tiles side by side make vectors of channels in a strip, whose pixels are then turned into planes.

    Whole rows of the image have no gap between them, so that they are turned as one. What the last tile of a row
    computes too much lands in the next row, and is written over by the first one: tiles come from right to left.
    """
    image, top, left = _place(g, tile)
    strip = half + g.bytes * g.half
    width = min(run * g.tile, g.out_width - left)
    for k in range(low * g.lanes, high * g.lanes, g.lanes):
        for row in range(rows):
            for n in range(run - 1, -1, -1):
                at = m + g.bytes * ((row * run + n) * g.m_row + k)
                to = strip + g.bytes * (row * width + n) * g.tile * g.lanes
                call(g.inverse, (at, g.m_frequency, to, width * g.lanes, g.lanes, half, bias + g.bytes * k))
        _scatter(g, strip, width, min(rows * g.tile, g.out_height - top), y, image, k, top, left)


@_part
def _scatter(g, strip, width, height, y, image, k, top, left):  # type: ignore[no-untyped-def]
    """The outputs in a strip, a vector of channels from k on each pixel, to their planes in y."""
    plane = g.out_height * g.out_width
    pixels, rows = (height * width, 1) if width == g.out_width else (width, height)
    for i in range(rows):
        target = y + g.bytes * ((image * g.out_channels + k) * plane + (top + i) * g.out_width + left)
        for j in range(0, pixels, g.lanes):
            at = strip + g.bytes * (i * width + j) * g.lanes
            call(g.channels_first, (at, target + g.bytes * j, plane, g.out_channels - k, pixels - j))
