"""The loops around the kernels of direct convolution: which tile comes when, on which thread, with which operands.

Compiled once for all shapes, types and kernels: sizes come in a record (`record`), operands and kernels as addresses.
Work is cut into items that do not depend on the number of threads, and every output is summed in one order by one
kernel; so results are identical for any number of threads. Threads get equal runs of neighbouring items.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numba
import numpy as np

from impls.cpu.blocking import Blocking, inner_columns
from impls.cpu.calls import call


def record(blocking: Blocking, element_bytes: int) -> np.ndarray[Any, Any]:
    """The numbers that a driver needs, by name."""
    s, b = blocking.shape, blocking
    inner = inner_columns(s)
    numbers = asdict(s) | {
        "bytes": element_bytes,
        "rows": b.rows,
        "width": b.width,
        "blocks": b.blocks,
        "chunk": b.chunk,
        "chunks": -(-b.blocks // b.chunk),
        "strip": b.strip,
        "pitch": b.patch_pitch,
        "patch_bytes": -(-b.patch_bytes // 4096) * 4096,
        "packs_all": int(b.packs_all),
        "inner_low": inner[0],
        "inner_high": inner[1],
    }
    return np.array([tuple(numbers.values())], dtype=[(name, np.int64) for name in numbers])


_driver = numba.njit(cache=True, parallel=True, nogil=True, error_model="numpy")
_part = numba.njit(cache=True, nogil=True, error_model="numpy")

_TILES_AN_ITEM = 8


@_part
def _taps(first, dilation, size, kernel):  # type: ignore[no-untyped-def]
    """The taps, from … to before, that meet an axis of `size` when tap 0 is at `first`."""
    low, high = 0, kernel
    if first < 0:
        low = min(kernel, (dilation - 1 - first) // dilation)
    if first + (kernel - 1) * dilation >= size:
        high = (size - 1 - first) // dilation + 1 if first < size else 0
    return low, max(low, high)


@_driver
def pixels(numbers, kernel, pad, x, w, bias, y, scratch, threads):  # type: ignore[no-untyped-def]
    """Lanes are output channels, rows pixels of an output row."""
    for thread in numba.prange(threads):
        _pixel_share(numbers, kernel, pad, x, w, bias, y, scratch, np.int64(thread), threads)


@_part
def _pixel_share(numbers, kernel, pad, x, w, bias, y, scratch, thread, threads):  # type: ignore[no-untyped-def]
    g = numbers[0]
    tiles = -(-g.out_w // g.rows)
    segments = -(-tiles // _TILES_AN_ITEM)
    items = g.groups * g.chunks * g.batch * g.out_h * segments
    patch = scratch + thread * g.patch_bytes
    for item in range(items * thread // threads, items * (thread + 1) // threads):
        row, segment = item // segments, item % segments
        for tile in range(segment * _TILES_AN_ITEM, min(tiles, (segment + 1) * _TILES_AN_ITEM)):
            # The last tile overlaps the one before it.
            _pixel_tile(g, kernel, pad, x, w, bias, y, patch, row, min(tile * g.rows, g.out_w - g.rows))


@_part
def _pixel_tile(g, kernel, pad, x, w, bias, y, patch, row, column):  # type: ignore[no-untyped-def]
    i, rest = row % g.out_h, row // g.out_h
    n, rest = rest % g.batch, rest // g.batch
    chunk, group = rest % g.chunks, rest // g.chunks
    top, left = i * g.stride_h - g.top, column * g.stride_w - g.left
    low, high = _taps(top, g.dilation_h, g.in_h, g.kernel_h)
    span = (g.rows - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1
    source = x + g.bytes * (n * g.x_batch + group * g.channels * g.x_channel + top * g.x_row + left * g.x_column)
    step_c, step_h, step_w = g.x_channel, g.dilation_h * g.x_row, g.x_column
    if g.packs_all or left < 0 or left + span > g.in_w:
        if g.x_channel == 1:
            step_c, step_w = 1, g.pitch
            step_h = span * step_w
            _pack_pixels(g, pad, source, patch, low, high, left, span)
        else:
            step_c, step_h, step_w = g.kernel_h * span, span, 1
            _pack_rows(g, pad, source, patch, low, high, left, span)
        source = patch
    source += low * step_h * g.bytes
    counts, steps, weights = _term_order(g, high - low, step_c, step_h, step_w)
    if g.x_channel == 1:
        skipped, out_row = low * weights[0], g.y_column
    else:
        skipped, out_row = low * weights[1], g.y_channel
    target = y + g.bytes * (n * g.y_batch + group * g.out_channels * g.y_channel + i * g.y_row + column * g.y_column)
    block_weights = g.channels * g.kernel_h * g.kernel_w * g.width
    for block in range(chunk * g.chunk, min(g.blocks, (chunk + 1) * g.chunk)):
        place = group * g.blocks + block
        first = block * g.width
        call(
            kernel,
            (
                source, w + g.bytes * (place * block_weights + skipped), target + g.bytes * first * g.y_channel,
                bias + g.bytes * place * g.width if bias else 0,
                counts[0], counts[1], counts[2], steps[0], steps[1], steps[2], weights[0], weights[1], weights[2],
                g.stride_w * step_w, out_row, 1, g.rows, g.out_channels - first,
            ),
        )  # fmt: skip


@_part
def _term_order(g, taps_h, step_c, step_h, step_w):  # type: ignore[no-untyped-def]
    """Counts of the three loops over terms, and steps in x and in the packed weights.

    The innermost loop goes where neighbours in memory are: along channels (with the columns before them, if they join
    without a gap), or along the kernel's columns.
    """
    if g.x_channel == 1:
        step_w *= g.dilation_w
        all_w = g.kernel_w * g.channels * g.width
        if step_w == g.channels:
            return (taps_h, 1, g.kernel_w * g.channels), (step_h, 0, 1), (all_w, 0, g.width)
        return (taps_h, g.kernel_w, g.channels), (step_h, step_w, 1), (all_w, g.channels * g.width, g.width)
    all_w = g.kernel_w * g.width
    return (
        (g.channels, taps_h, g.kernel_w),
        (step_c, step_h, g.dilation_w * step_w),
        (g.kernel_h * all_w, all_w, g.width),
    )


@_part
def _pack_pixels(g, pad, source, patch, low, high, left, span):  # type: ignore[no-untyped-def]
    """The input of a tile, [tap row][column][channel], zeros beside the image."""
    before = min(span, max(0, -left))
    count = max(0, min(span, g.in_w - left) - before)
    behind = span - before - count
    for tap in range(low, high):
        at = source + g.bytes * tap * g.dilation_h * g.x_row
        to = patch + g.bytes * tap * span * g.pitch
        if g.pitch == g.x_column:
            moved = before * g.pitch
            call(pad, (at + g.bytes * moved, to, moved, count * g.pitch, behind * g.pitch))
        else:
            for column in range(span):
                inside = g.channels if before <= column < before + count else 0
                place = to + g.bytes * column * g.pitch
                call(pad, (at + g.bytes * column * g.x_column, place, 0, inside, g.channels - inside))


@_part
def _pack_rows(g, pad, source, patch, low, high, left, span):  # type: ignore[no-untyped-def]
    """The input of a tile, [channel][tap row][column], zeros beside the image."""
    before = min(span, max(0, -left))
    count = max(0, min(span, g.in_w - left) - before)
    for channel in range(g.channels):
        for tap in range(low, high):
            at = source + g.bytes * (channel * g.x_channel + tap * g.dilation_h * g.x_row + before)
            to = patch + g.bytes * (channel * g.kernel_h + tap) * span
            call(pad, (at, to, before, count, span - before - count))


@_part
def _pack_strip(g, pad, x, patch, channels, first_row, rows):  # type: ignore[no-untyped-def]
    """All columns of some input rows, [channel][row][column], zeros around the image; rows `pitch` apart."""
    before = min(g.pitch, g.left)
    count = min(g.in_w, g.pitch - before)
    for channel in range(channels):
        for row in range(rows):
            place = first_row + row
            inside = count if 0 <= place < g.in_h else 0
            at = x + g.bytes * (channel * g.x_channel + place * g.x_row)
            to = patch + g.bytes * (channel * rows + row) * g.pitch
            call(pad, (at, to, before, inside, g.pitch - before - inside))


@_driver
def columns(numbers, kernel, tail_kernel, pad, x, w, bias, y, scratch, threads):  # type: ignore[no-untyped-def]
    """Lanes are columns of an output row, rows output channels; `tail_kernel` reads no column that is not there."""
    for thread in numba.prange(threads):
        _column_share(numbers, kernel, tail_kernel, pad, x, w, bias, y, scratch, np.int64(thread), threads)


@_part
def _column_share(numbers, kernel, tail, pad, x, w, bias, y, scratch, thread, threads):  # type: ignore[no-untyped-def]
    g = numbers[0]
    tiles = -(-g.out_w // g.width)
    tiles_a_segment = tiles if g.packs_all else _TILES_AN_ITEM
    segments = -(-tiles // tiles_a_segment)
    items = g.batch * g.groups * -(-g.out_h // g.strip) * segments
    patch = scratch + thread * g.patch_bytes
    for item in range(items * thread // threads, items * (thread + 1) // threads):
        first = item % segments * tiles_a_segment
        last = min(tiles, first + tiles_a_segment)
        _column_strip(g, kernel, tail, pad, x, w, bias, y, patch, item // segments, first, last)


@_part
def _column_strip(g, kernel, tail_kernel, pad, x, w, bias, y, patch, item, first, last):  # type: ignore[no-untyped-def]
    strips = -(-g.out_h // g.strip)
    top, rest = item % strips * g.strip, item // strips
    group, n = rest % g.groups, rest // g.groups
    rows = min(g.strip, g.out_h - top)
    source = x + g.bytes * (n * g.x_batch + group * g.channels * g.x_channel)
    step_c, step_h = g.x_channel, g.x_row
    if g.packs_all:
        in_rows = (rows - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1
        _pack_strip(g, pad, source, patch, g.channels, top * g.stride_h - g.top, in_rows)
        source, step_c, step_h = patch, in_rows * g.pitch, g.pitch
    else:
        source += g.bytes * top * g.stride_h * g.x_row
    target = y + g.bytes * (n * g.y_batch + group * g.out_channels * g.y_channel + top * g.y_row)
    taps = g.kernel_h * g.kernel_w
    for block in range(g.blocks):
        channel = block * g.rows
        place = (group * g.blocks + block) * g.rows
        weights = w + g.bytes * place * g.channels * taps
        start = bias + g.bytes * place if bias else 0
        for row in range(rows):
            for tile in range(first, last):
                column = tile * g.width
                left = g.out_w - column
                used = tail_kernel if left < g.width else kernel
                call(
                    used,
                    (
                        weights, source + g.bytes * (row * g.stride_h * step_h + column * g.stride_w),
                        target + g.bytes * (channel * g.y_channel + row * g.y_row + column), start,
                        g.channels, g.kernel_h, g.kernel_w, taps * g.rows, g.kernel_w * g.rows, g.rows,
                        step_c, g.dilation_h * step_h, g.dilation_w,
                        1, g.y_channel, g.stride_w, g.out_channels - channel, left,
                    ),
                )  # fmt: skip


@_driver
def planes(numbers, kernel, pad, x, w, bias, y, scratch, threads):  # type: ignore[no-untyped-def]
    """Lanes are columns, rows output rows, of output channels that see one input channel each."""
    for thread in numba.prange(threads):
        _plane_share(numbers, kernel, pad, x, w, bias, y, scratch, np.int64(thread), threads)


@_part
def _plane_share(numbers, kernel, pad, x, w, bias, y, scratch, thread, threads):  # type: ignore[no-untyped-def]
    g = numbers[0]
    strips = -(-g.out_h // g.strip)
    out_channels = g.groups * g.out_channels
    items = g.batch * out_channels * strips
    patch = scratch + thread * g.patch_bytes
    for item in range(items * thread // threads, items * (thread + 1) // threads):
        strip, rest = item % strips, item // strips
        # The last strip overlaps the one before it.
        top = min(strip * g.strip, g.out_h - g.strip)
        _plane_strip(g, kernel, pad, x, w, bias, y, patch, rest // out_channels, rest % out_channels, top)


@_part
def _plane_strip(g, kernel, pad, x, w, bias, y, patch, n, channel, top):  # type: ignore[no-untyped-def]
    source = x + g.bytes * (n * g.x_batch + channel // g.out_channels * g.x_channel)
    in_rows = (g.strip - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1
    _pack_strip(g, pad, source, patch, 1, top * g.stride_h - g.top, in_rows)
    target = y + g.bytes * (n * g.y_batch + channel * g.y_channel + top * g.y_row)
    weights = w + g.bytes * channel * g.kernel_h * g.kernel_w
    start = bias + g.bytes * channel if bias else 0
    for tile in range(-(-g.strip // g.rows)):
        row = min(tile * g.rows, g.strip - g.rows)
        for column in range(0, g.out_w, g.width):
            call(
                kernel,
                (
                    patch + g.bytes * (row * g.stride_h * g.pitch + column * g.stride_w), weights,
                    target + g.bytes * (row * g.y_row + column), start, g.kernel_h, g.kernel_w,
                    g.dilation_h * g.pitch, g.dilation_w, g.kernel_w, 1,
                    g.stride_h * g.pitch, g.stride_w, g.y_row, g.out_w - column,
                ),
            )  # fmt: skip


@_driver
def channels(numbers, kernel, pixel_kernel, tail_kernel, x, w, bias, y, threads):  # type: ignore[no-untyped-def]
    """Lanes are channels that do not mix, rows pixels.

    `pixel_kernel` has one row, for pixels beside padding; `tail_kernel` has one too, and reads no channel too much.
    """
    for thread in numba.prange(threads):
        _channel_share(numbers, kernel, pixel_kernel, tail_kernel, x, w, bias, y, np.int64(thread), threads)


@_part
def _channel_share(numbers, kernel, pixel_kernel, tail_kernel, x, w, bias, y, thread, threads):  # type: ignore[no-untyped-def]
    g = numbers[0]
    items = g.batch * g.out_h * g.chunks
    for item in range(items * thread // threads, items * (thread + 1) // threads):
        chunk, rest = item % g.chunks, item // g.chunks
        _channel_row(g, kernel, pixel_kernel, tail_kernel, x, w, bias, y, rest // g.out_h, rest % g.out_h, chunk)


@_part
def _channel_row(g, kernel, pixel_kernel, tail_kernel, x, w, bias, y, n, i, chunk):  # type: ignore[no-untyped-def]
    top = i * g.stride_h - g.top
    low, high = _taps(top, g.dilation_h, g.in_h, g.kernel_h)
    source = x + g.bytes * (n * g.x_batch + (top + low * g.dilation_h) * g.x_row)
    target = y + g.bytes * (n * g.y_batch + i * g.y_row)
    weights = w + g.bytes * low * g.kernel_w * g.width
    blocks = chunk * g.chunk, min(g.blocks, (chunk + 1) * g.chunk)
    column = 0
    while column < g.out_w:
        left = column * g.stride_w - g.left
        # Whole tiles where no padding is beside them; the last of them overlaps the one before.
        if g.inner_low <= column < g.inner_high and g.inner_high - g.inner_low >= g.rows:
            column = min(column, g.inner_high - g.rows)
            left = column * g.stride_w - g.left
            first, last, rows, used = 0, g.kernel_w, g.rows, kernel
        else:
            first, last = _taps(left, g.dilation_w, g.in_w, g.kernel_w)
            rows, used = 1, pixel_kernel
        at = source + g.bytes * (left + first * g.dilation_w) * g.x_column
        for block in range(blocks[0], blocks[1]):
            lane = block * g.width
            lanes_left = g.groups - lane
            width_weights = g.kernel_h * g.kernel_w * g.width
            for row in range(rows if lanes_left < g.width else 1):
                call(
                    tail_kernel if lanes_left < g.width else used,
                    (
                        at + g.bytes * (row * g.stride_w * g.x_column + lane),
                        weights + g.bytes * (block * width_weights + first * g.width),
                        target + g.bytes * ((column + row) * g.y_column + lane),
                        bias + g.bytes * lane if bias else 0, high - low, last - first,
                        g.dilation_h * g.x_row, g.dilation_w * g.x_column, g.kernel_w * g.width, g.width,
                        g.stride_w * g.x_column, 1, g.y_column, lanes_left,
                    ),
                )  # fmt: skip
        column += rows
