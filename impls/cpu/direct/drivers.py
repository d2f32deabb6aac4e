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

from impls.cpu.compiler.calls import call
from impls.cpu.compiler.compiling import kept
from impls.cpu.direct.blocking import Blocking, inner_columns, inner_rows
from impls.cpu.direct.shapes import Shape

# Tiles of one row that make an item of work: few enough for small images to keep all threads busy.
_TILES_AN_ITEM = 8


def record(blocking: Blocking, element_bytes: int, y_bytes: int | None = None) -> np.ndarray[Any, Any]:
    """The numbers that a driver needs, by name; elements of y have a size of their own where one is given."""
    s, b = blocking.shape, blocking
    columns_inside, rows_inside = inner_columns(s), inner_rows(s)
    return _as_record(
        asdict(s)
        | {
            "bytes": element_bytes,
            "rows": b.rows,
            "vectors": b.vectors,
            "run": b.run,
            "width": b.width,
            "blocks": b.blocks,
            "chunk": b.chunk,
            "chunks": -(-b.blocks // b.chunk),
            "patch_bytes": patch_bytes(blocking, element_bytes),
            "pitch": b.pitch,
            "copies_all": int(b.copies_all),
            "channels_innermost": int(b.channels_innermost),
            "inner_low": columns_inside[0],
            "inner_high": columns_inside[1],
            "inner_top": rows_inside[0],
            "inner_bottom": rows_inside[1],
            "y_bytes": element_bytes if y_bytes is None else y_bytes,
        }
    )


def patch_bytes(blocking: Blocking, element_bytes: int) -> int:
    """What each thread needs for the input of a tile, whole lines."""
    return -(-blocking.patch_elements * element_bytes // 64) * 64


def padding_record(source: Shape, padded: Shape, element_bytes: int) -> np.ndarray[Any, Any]:
    """The numbers that `pad_image` needs."""
    return _as_record(
        asdict(source)
        | {f"to_{name[2:]}": getattr(padded, name) for name in ("x_batch", "x_channel", "x_row", "x_column")}
        | {"to_h": padded.in_h, "to_w": padded.in_w, "bytes": element_bytes}
    )


def _as_record(numbers: dict[str, int]) -> np.ndarray[Any, Any]:
    return np.array([tuple(numbers.values())], dtype=[(name, np.int64) for name in numbers])


_driver = kept(parallel=True, nogil=True, error_model="numpy")
_part = kept(nogil=True, error_model="numpy")


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
def pad_image(numbers, pad, x, image, threads):  # type: ignore[no-untyped-def]
    """Copy x with its padding around it."""
    for thread in numba.prange(threads):
        _pad_share(numbers, pad, x, image, np.int64(thread), threads)


@_part
def _pad_share(numbers, pad, x, image, thread, threads):  # type: ignore[no-untyped-def]
    g = numbers[0]
    channels = g.groups * g.channels
    # Channels last, all channels of a column lie together; else each has rows of its own.
    planes, together = (1, channels) if g.x_channel == 1 else (channels, 1)
    before = min(g.to_w, g.left)
    inside = min(g.in_w, g.to_w - before)
    behind = g.to_w - before - inside
    lines = g.batch * planes * g.to_h
    for line in range(lines * thread // threads, lines * (thread + 1) // threads):
        row, plane = line % g.to_h, line // g.to_h
        n, channel = plane // planes, plane % planes
        from_row = row - g.top
        count = inside if 0 <= from_row < g.in_h else 0
        source = x + g.bytes * (n * g.x_batch + channel * g.x_channel + from_row * g.x_row)
        target = image + g.bytes * (n * g.to_batch + channel * g.to_channel + row * g.to_row)
        if g.to_column == together:
            zeros = (before, behind) if count else (g.to_w, 0)
            call(pad, (source, target, zeros[0] * together, count * together, zeros[1] * together))
        else:
            for column in range(g.to_w):
                from_column = column - g.left
                there = together if count and 0 <= from_column < g.in_w else 0
                at = source + g.bytes * from_column * g.x_column
                call(pad, (at, target + g.bytes * column * g.to_column, 0, there, together - there))


@_driver
def pixels(numbers, kernels, pad, x, w, bias, y, scratch, threads):  # type: ignore[no-untyped-def]
    """Lanes are output channels, rows pixels of an output row; `kernels` are those of a row's tiles in turn."""
    for thread in numba.prange(threads):
        _pixel_share(numbers, kernels, pad, x, w, bias, y, scratch, np.int64(thread), threads)


@_part
def _pixel_share(numbers, kernels, pad, x, w, bias, y, scratch, thread, threads):  # type: ignore[no-untyped-def]
    g = numbers[0]
    tiles = -(-g.out_w // g.rows)
    segments = -(-tiles // _TILES_AN_ITEM)
    items = g.groups * g.chunks * g.batch * g.out_h * segments
    patch = scratch + thread * g.patch_bytes
    for item in range(items * thread // threads, items * (thread + 1) // threads):
        row, segment = item // segments, item % segments
        for tile in range(segment * _TILES_AN_ITEM, min(tiles, (segment + 1) * _TILES_AN_ITEM)):
            # The last tile overlaps the one before it.
            _pixel_tile(g, kernels[tile], pad, x, w, bias, y, patch, row, min(tile * g.rows, g.out_w - g.rows))


@_part
def _pixel_tile(g, kernel, pad, x, w, bias, y, patch, row, column):  # type: ignore[no-untyped-def]
    i, rest = row % g.out_h, row // g.out_h
    if g.groups > 1:
        # Each group sees a part of every cache line or page: an image stays near while all of them read it.
        n, part = rest // (g.groups * g.chunks), rest % (g.groups * g.chunks)
        chunk, group = part % g.chunks, part // g.chunks
    else:
        n, chunk, group = rest % g.batch, rest // g.batch, 0
    top, left = i * g.stride_h - g.top, column * g.stride_w - g.left
    low, high = _taps(top, g.dilation_h, g.in_h, g.kernel_h)
    span = (g.rows - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1
    source = x + g.bytes * (n * g.x_batch + group * g.channels * g.x_channel + top * g.x_row + left * g.x_column)
    step_h, step_w = g.dilation_h * g.x_row, g.x_column
    if g.patch_bytes and (g.copies_all or left < 0 or left + span > g.in_w):
        _copy_tile(g, pad, source, patch, low, high, left, span)
        source, step_h, step_w = patch, span * g.pitch, g.pitch
    counts, steps, weights, weights_h = _term_order(g, high - low, step_h, step_w)
    source += g.bytes * low * step_h
    first_weight = w + g.bytes * low * weights_h
    out_row = g.y_column if g.x_channel == 1 else g.y_channel
    target = y + g.y_bytes * (n * g.y_batch + group * g.out_channels * g.y_channel + i * g.y_row + column * g.y_column)
    block_weights = g.channels * g.kernel_h * g.kernel_w * g.width
    for block in range(chunk * g.chunk, min(g.blocks, (chunk + 1) * g.chunk)):
        place = group * g.blocks + block
        first = block * g.width
        call(
            kernel,
            (
                source, first_weight + g.bytes * place * block_weights, target + g.y_bytes * first * g.y_channel,
                bias + g.bytes * place * g.width if bias else 0,
                counts[0], counts[1], counts[2], steps[0], steps[1], steps[2], weights[0], weights[1], weights[2],
                g.stride_w * step_w, out_row, 1, g.rows, g.out_channels - first,
            ),
        )  # fmt: skip


@_part
def _term_order(g, taps_h, step_h, step_w):  # type: ignore[no-untyped-def]
    """Counts of the three loops over terms, steps in x and in the packed weights, and those of a kernel's row.

    The innermost loop is the longest: over channels, with the columns before them if they join without a gap, or over
    the kernel's columns where channels are few.
    """
    width, step = g.width, step_w * g.dilation_w
    if g.channels_innermost:
        column = g.channels * width
        weights_h = g.kernel_w * column
        if g.x_channel == 1 and step == g.channels:
            return (taps_h, 1, g.kernel_w * g.channels), (step_h, 0, 1), (weights_h, 0, width), weights_h
        if g.x_channel != 1 and g.kernel_w * g.kernel_h == 1:
            return (1, taps_h, g.channels), (0, 0, g.x_channel), (0, 0, width), weights_h
        return (taps_h, g.kernel_w, g.channels), (step_h, step, g.x_channel), (weights_h, column, width), weights_h
    row = g.kernel_w * width
    return (g.channels, taps_h, g.kernel_w), (g.x_channel, step_h, step), (g.kernel_h * row, row, width), row


@_part
def _copy_tile(g, pad, source, patch, low, high, left, span):  # type: ignore[no-untyped-def]
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


@_driver
def columns(numbers, kernel, tail_kernel, x, w, bias, y, threads):  # type: ignore[no-untyped-def]
    """Lanes are columns of an output row, rows output channels; `tail_kernel` is for columns beyond whole tiles."""
    for thread in numba.prange(threads):
        _column_share(numbers, kernel, tail_kernel, x, w, bias, y, np.int64(thread), threads)


@_part
def _column_share(numbers, kernel, tail_kernel, x, w, bias, y, thread, threads):  # type: ignore[no-untyped-def]
    g = numbers[0]
    tiles = -(-g.out_w // g.width)
    segments = -(-tiles // _TILES_AN_ITEM)
    items = g.batch * g.groups * g.out_h * segments
    for item in range(items * thread // threads, items * (thread + 1) // threads):
        segment, rest = item % segments, item // segments
        i, rest = rest % g.out_h, rest // g.out_h
        last = min(tiles, (segment + 1) * _TILES_AN_ITEM)
        _column_tiles(
            g, kernel, tail_kernel, x, w, bias, y, rest // g.groups, rest % g.groups, i, segment * _TILES_AN_ITEM, last
        )


@_part
def _column_tiles(g, kernel, tail_kernel, x, w, bias, y, n, group, i, first, last):  # type: ignore[no-untyped-def]
    source = x + g.bytes * (n * g.x_batch + group * g.channels * g.x_channel + i * g.stride_h * g.x_row)
    target = y + g.bytes * (n * g.y_batch + group * g.out_channels * g.y_channel + i * g.y_row)
    taps = g.kernel_h * g.kernel_w
    for block in range(g.blocks):
        channel = block * g.rows
        place = (group * g.blocks + block) * g.rows
        for tile in range(first, last):
            column = tile * g.width
            left = g.out_w - column
            call(
                tail_kernel if left < g.width else kernel,
                (
                    w + g.bytes * place * g.channels * taps, source + g.bytes * column * g.stride_w,
                    target + g.bytes * (channel * g.y_channel + column), bias + g.bytes * place if bias else 0,
                    g.channels, g.kernel_h, g.kernel_w, taps * g.rows, g.kernel_w * g.rows, g.rows,
                    g.x_channel, g.dilation_h * g.x_row, g.dilation_w,
                    1, g.y_channel, g.stride_w, g.out_channels - channel, left,
                ),
            )  # fmt: skip


@_driver
def planes(numbers, kernel, edge_kernel, row_kernel, x, w, bias, y, threads):  # type: ignore[no-untyped-def]
    """Lanes are columns, rows output rows, of output channels that see one input channel each.

    `edge_kernel` is for tiles with padding beside them; `row_kernel` is for that too and has one row, for rows that see
    padding above or below.
    """
    for thread in numba.prange(threads):
        _plane_share(numbers, kernel, edge_kernel, row_kernel, x, w, bias, y, np.int64(thread), threads)


@_part
def _plane_share(numbers, kernel, edge_kernel, row_kernel, x, w, bias, y, thread, threads):  # type: ignore[no-untyped-def]
    g = numbers[0]
    tiles = -(-(g.inner_bottom - g.inner_top) // g.rows)
    units = g.inner_top + tiles + g.out_h - g.inner_bottom
    out_channels = g.groups * g.out_channels
    items = g.batch * out_channels * units
    for item in range(items * thread // threads, items * (thread + 1) // threads):
        unit, rest = item % units, item // units
        n, channel = rest // out_channels, rest % out_channels
        if g.inner_top <= unit < g.inner_top + tiles:
            # The last tile overlaps the one before it.
            row = min(g.inner_top + (unit - g.inner_top) * g.rows, g.inner_bottom - g.rows)
            _plane_rows(g, kernel, edge_kernel, x, w, bias, y, n, channel, row)
        else:
            row = unit if unit < g.inner_top else unit - tiles + g.inner_bottom - g.inner_top
            _plane_rows(g, row_kernel, row_kernel, x, w, bias, y, n, channel, row)


@_part
def _plane_rows(g, kernel, edge_kernel, x, w, bias, y, n, channel, row):  # type: ignore[no-untyped-def]
    top = row * g.stride_h - g.top
    low, high = _taps(top, g.dilation_h, g.in_h, g.kernel_h)
    top += low * g.dilation_h
    source = x + g.bytes * (n * g.x_batch + channel // g.out_channels * g.x_channel + top * g.x_row)
    target = y + g.bytes * (n * g.y_batch + channel * g.y_channel + row * g.y_row)
    weights = w + g.bytes * (channel * g.kernel_h + low) * g.kernel_w
    start = bias + g.bytes * channel if bias else 0
    for column in range(0, g.out_w, g.width):
        left = column * g.stride_w - g.left
        right = left + (g.width - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w
        call(
            kernel if left >= 0 and right < g.in_w else edge_kernel,
            (
                source + g.bytes * left, weights, target + g.bytes * column, start, high - low, g.kernel_w,
                g.dilation_h * g.x_row, g.dilation_w, g.kernel_w, 1,
                g.stride_h * g.x_row, g.stride_w, g.y_row, g.out_w - column, left, g.dilation_w, g.in_w,
            ),
        )  # fmt: skip


@_driver
def channels(numbers, kernel, pixel_kernel, tail_kernel, x, w, bias, y, threads):  # type: ignore[no-untyped-def]
    """Lanes are channels of groups that lie side by side, rows pixels.

    `pixel_kernel` has one row, for pixels beside padding; `tail_kernel` has one too, and reads no channel too much.
    """
    for thread in numba.prange(threads):
        _channel_share(numbers, kernel, pixel_kernel, tail_kernel, x, w, bias, y, np.int64(thread), threads)


@_part
def _channel_share(numbers, kernel, pixel, tail, x, w, bias, y, thread, threads):  # type: ignore[no-untyped-def]
    g = numbers[0]
    items = g.batch * g.out_h * g.chunks
    for item in range(items * thread // threads, items * (thread + 1) // threads):
        chunk, rest = item % g.chunks, item // g.chunks
        _channel_row(g, kernel, pixel, tail, x, w, bias, y, rest // g.out_h, rest % g.out_h, chunk)


@_part
def _channel_row(g, kernel, pixel_kernel, tail_kernel, x, w, bias, y, n, i, chunk):  # type: ignore[no-untyped-def]
    top = i * g.stride_h - g.top
    low, high = _taps(top, g.dilation_h, g.in_h, g.kernel_h)
    source = x + g.bytes * (n * g.x_batch + (top + low * g.dilation_h) * g.x_row)
    target = y + g.bytes * (n * g.y_batch + i * g.y_row)
    tap_weights = g.channels * g.width
    weights = w + g.bytes * low * g.kernel_w * tap_weights
    column = 0
    while column < g.out_w:
        # Whole tiles where no padding is beside them; the last of them overlaps the one before.
        if g.inner_low <= column < g.inner_high and g.inner_high - g.inner_low >= g.rows:
            column = min(column, g.inner_high - g.rows)
            left = column * g.stride_w - g.left
            first, last, rows, used = 0, g.kernel_w, g.rows, kernel
        else:
            left = column * g.stride_w - g.left
            first, last = _taps(left, g.dilation_w, g.in_w, g.kernel_w)
            rows, used = 1, pixel_kernel
        at = source + g.bytes * (left + first * g.dilation_w) * g.x_column
        for block in range(chunk * g.chunk, min(g.blocks, (chunk + 1) * g.chunk)):
            lane = block * g.width
            lanes_left = g.groups * g.channels - lane
            for row in range(rows if lanes_left < g.width else 1):
                call(
                    tail_kernel if lanes_left < g.width else used,
                    (
                        at + g.bytes * (row * g.stride_w * g.x_column + lane),
                        weights + g.bytes * (block * g.kernel_h * g.kernel_w + first) * tap_weights,
                        target + g.bytes * ((column + row) * g.y_column + lane),
                        bias + g.bytes * lane if bias else 0, high - low, last - first,
                        g.dilation_h * g.x_row, g.dilation_w * g.x_column, g.kernel_w * tap_weights, tap_weights,
                        g.stride_w * g.x_column, 1, g.y_column, lanes_left, 0, 0, 0,
                    ),
                )  # fmt: skip
        column += rows
