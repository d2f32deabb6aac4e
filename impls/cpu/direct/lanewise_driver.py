"""The loops around the lanewise kernels of direct convolution: depthwise and narrow groups.

As impls.cpu.direct.tile_driver: compiled once for all shapes, with identical results for any number of threads.
"""

from __future__ import annotations

from impls.cpu.compiler.calls import call, fork, residual_of
from impls.cpu.compiler.drivers import driver, part
from impls.cpu.direct.taps import taps_inside


@driver
def planes(g, kernel, edge_kernel, row_kernel, x, w, bias, y, threads):
    """Lanes are columns, rows are output rows, of output channels that see one input channel each.

    `edge_kernel` computes tiles with padding to their left or right; `row_kernel` does too and has one row, for output
    rows that see padding above or below.
    """
    fork(_plane_share, (g, kernel, edge_kernel, row_kernel, x, w, bias, y), threads)


@part
def _plane_share(g, kernel, edge_kernel, row_kernel, x, w, bias, y, _thread, part, parts):
    tiles = -(-(g.inner_bottom - g.inner_top) // g.rows)
    units = g.inner_top + tiles + g.out_h - g.inner_bottom
    out_channels = g.groups * g.out_channels
    items = g.batch * out_channels * units
    for item in range(items * part // parts, items * (part + 1) // parts):
        unit, rest = item % units, item // units
        n, channel = rest // out_channels, rest % out_channels
        if g.inner_top <= unit < g.inner_top + tiles:
            # The last tile overlaps the one before it.
            row = min(g.inner_top + (unit - g.inner_top) * g.rows, g.inner_bottom - g.rows)
            _plane_rows(g, kernel, edge_kernel, x, w, bias, y, n, channel, row)
        else:
            row = unit if unit < g.inner_top else unit - tiles + g.inner_bottom - g.inner_top
            _plane_rows(g, row_kernel, row_kernel, x, w, bias, y, n, channel, row)


@part
def _plane_rows(g, kernel, edge_kernel, x, w, bias, y, n, channel, row):
    top = row * g.stride_h - g.top
    low, high = taps_inside(top, g.dilation_h, g.in_h, g.kernel_h)
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
                *residual_of(g),
            ),
        )  # fmt: skip


@driver
def channels(g, kernel, pixel_kernel, tail_kernel, x, w, bias, y, threads):
    """Lanes are channels of neighbouring groups, rows are pixels.

    `pixel_kernel` has one row, for pixels next to padding; `tail_kernel` has one row too, and masks missing channels.
    """
    fork(_channel_share, (g, kernel, pixel_kernel, tail_kernel, x, w, bias, y), threads)


@part
def _channel_share(g, kernel, pixel, tail, x, w, bias, y, _thread, part, parts):
    items = g.batch * g.out_h * g.chunks
    for item in range(items * part // parts, items * (part + 1) // parts):
        chunk, rest = item % g.chunks, item // g.chunks
        _channel_row(g, kernel, pixel, tail, x, w, bias, y, rest // g.out_h, rest % g.out_h, chunk)


@part
def _channel_row(g, kernel, pixel_kernel, tail_kernel, x, w, bias, y, n, i, chunk):
    top = i * g.stride_h - g.top
    low, high = taps_inside(top, g.dilation_h, g.in_h, g.kernel_h)
    source = x + g.bytes * (n * g.x_batch + (top + low * g.dilation_h) * g.x_row)
    target = y + g.bytes * (n * g.y_batch + i * g.y_row)
    tap_weights = g.channels * g.width
    weights = w + g.bytes * low * g.kernel_w * tap_weights
    column = 0
    while column < g.out_w:
        # Whole tiles where there is no padding next to them; the last one overlaps the one before it.
        if g.inner_low <= column < g.inner_high and g.inner_high - g.inner_low >= g.rows:
            column = min(column, g.inner_high - g.rows)
            left = column * g.stride_w - g.left
            first, last, rows, used = 0, g.kernel_w, g.rows, kernel
        else:
            left = column * g.stride_w - g.left
            first, last = taps_inside(left, g.dilation_w, g.in_w, g.kernel_w)
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
                        g.stride_w * g.x_column, 1, g.y_column, lanes_left, 0, 0, 0, *residual_of(g),
                    ),
                )  # fmt: skip
        column += rows
