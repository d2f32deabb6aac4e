"""The loops around the tile kernels of direct convolution: the order of tiles, their threads, their operands.

Compiled once for all shapes, types and kernels: sizes come in a record `g` (impls.cpu.direct.record), operands and
kernels as addresses. Work is cut into items that do not depend on the number of threads, and one kernel sums every
output in one order; so results are identical for any number of threads. Parts are equal runs of neighbouring items.
"""

from __future__ import annotations

from impls.cpu.compiler.calls import call, fork, residual_of
from impls.cpu.compiler.drivers import driver, part
from impls.cpu.direct.taps import taps_inside

# Tiles of one row in an item of work: few enough for small images to keep all threads busy.
_TILES_AN_ITEM = 8


@driver
def pixels(g, kernels, pad, x, w, bias, y, scratch, threads):
    """Lanes are output channels, rows are pixels of an output row; `kernels` are those of the tiles of a row."""
    fork(_pixel_share, (g, kernels, pad, x, w, bias, y, scratch), threads)


@part
def _pixel_share(g, kernels, pad, x, w, bias, y, scratch, thread, part, parts):
    tiles = -(-g.out_w // g.rows)
    segments = -(-tiles // _TILES_AN_ITEM)
    items = g.groups * g.chunks * g.batch * g.out_h * segments
    patch = scratch + thread * g.patch_bytes
    for item in range(items * part // parts, items * (part + 1) // parts):
        row, segment = item // segments, item % segments
        for tile in range(segment * _TILES_AN_ITEM, min(tiles, (segment + 1) * _TILES_AN_ITEM)):
            # The last tile overlaps the one before it.
            _pixel_tile(g, kernels[tile], pad, x, w, bias, y, patch, row, min(tile * g.rows, g.out_w - g.rows))


@part
def _pixel_tile(g, kernel, pad, x, w, bias, y, patch, row, column):
    i, rest = row % g.out_h, row // g.out_h
    if g.groups > 1:
        # Each group reads a part of every cache line or page: an image stays in the cache while all groups read it.
        n, part = rest // (g.groups * g.chunks), rest % (g.groups * g.chunks)
        chunk, group = part % g.chunks, part // g.chunks
    else:
        n, chunk, group = rest % g.batch, rest // g.batch, 0
    top, left = i * g.stride_h - g.top, column * g.stride_w - g.left
    low, high = taps_inside(top, g.dilation_h, g.in_h, g.kernel_h)
    span = (g.rows - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1
    source = x + g.bytes * (n * g.x_batch + group * g.channels * g.x_channel + top * g.x_row + left * g.x_column)
    step_h, step_w = g.dilation_h * g.x_row, g.x_column
    if g.patch_bytes and (g.copies_all or left < 0 or left + span > g.in_w):
        _copy_tile(g, pad, source, patch, low, high, left, span)
        source, step_h, step_w = patch, span * g.pitch, g.pitch
    count1, count2, count3, step1, step2, step3, weight1, weight2 = _term_order(g, high - low, step_h, step_w)
    source += g.bytes * low * step_h
    first_weight = w + g.bytes * low * _row_weights(g)
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
                count1, count2, count3, step1, step2, step3, weight1, weight2, g.width,
                g.stride_w * step_w, out_row, 1, g.rows, g.out_channels - first, *residual_of(g),
            ),
        )  # fmt: skip


@part
def _term_order(g, taps_h, step_h, step_w):
    """Counts of the three loops over terms, their steps in x, and those of the outer two in the packed weights.

    The innermost loop is the longest: over channels, joined with the kernel's columns where memory has no gap between
    them, or over the kernel's columns where channels are few. Its step in the packed weights is the width of a tile.
    """
    step, row = step_w * g.dilation_w, _row_weights(g)
    if g.channels_innermost:
        if g.x_channel == 1 and step == g.channels:
            return taps_h, 1, g.kernel_w * g.channels, step_h, 0, 1, row, 0
        if g.x_channel != 1 and g.kernel_w * g.kernel_h == 1:
            return 1, taps_h, g.channels, 0, 0, g.x_channel, 0, 0
        return taps_h, g.kernel_w, g.channels, step_h, step, g.x_channel, row, g.channels * g.width
    return g.channels, taps_h, g.kernel_w, g.x_channel, step_h, step, g.kernel_h * row, row


@part
def _row_weights(g):
    """The packed weights of a row of the kernel, of one channel unless channels are innermost."""
    return g.kernel_w * g.width * (g.channels if g.channels_innermost else 1)


@part
def _copy_tile(g, pad, source, patch, low, high, left, span):
    """The input of a tile as [tap row][column][channel], with zeros outside the image."""
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


@driver
def columns(g, kernel, tail_kernel, x, w, bias, y, threads):
    """Lanes are columns of an output row, rows are output channels; `tail_kernel` computes the last, partial tile."""
    fork(_column_share, (g, kernel, tail_kernel, x, w, bias, y), threads)


@part
def _column_share(g, kernel, tail_kernel, x, w, bias, y, _thread, part, parts):
    tiles = -(-g.out_w // g.width)
    segments = -(-tiles // _TILES_AN_ITEM)
    items = g.batch * g.groups * g.out_h * segments
    for item in range(items * part // parts, items * (part + 1) // parts):
        segment, rest = item % segments, item // segments
        i, rest = rest % g.out_h, rest // g.out_h
        last = min(tiles, (segment + 1) * _TILES_AN_ITEM)
        _column_tiles(
            g, kernel, tail_kernel, x, w, bias, y, rest // g.groups, rest % g.groups, i, segment * _TILES_AN_ITEM, last
        )


@part
def _column_tiles(g, kernel, tail_kernel, x, w, bias, y, n, group, i, first, last):
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
                    1, g.y_channel, g.stride_w, g.out_channels - channel, left, *residual_of(g),
                ),
            )  # fmt: skip
