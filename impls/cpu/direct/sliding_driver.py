"""The loops around the sliding kernels of direct convolution: the part of the image that each call slides along.

As impls.cpu.direct.tile_driver: compiled once for all shapes, numbers in a record `g`, the rest as addresses.
Outputs are summed in the same order wherever a call begins, so parts are equal runs of rows, regardless of planes.
"""

from __future__ import annotations

from impls.cpu.compiler.calls import call, fork, residual_of
from impls.cpu.compiler.drivers import driver, part

# Columns along which one call slides: its rows stay in the second-level cache while all channels use them.
_COLUMNS = 64
# A piece of a plane has at least this many times the steps that it repeats.
_SLIDES = 4


@driver
def planes(g, kernel, x, w, bias, y, threads):
    """Lanes are columns, a kernel slides down a plane."""
    fork(_plane_share, (g, kernel, x, w, bias, y), threads)


@part
def _plane_share(g, kernel, x, w, bias, y, _thread, part, parts):
    steps = -(-g.out_h // g.rows)
    out_channels = g.groups * g.out_channels
    pending = -(-g.kernel_h // (g.stride_h * g.rows))
    # A slide that begins inside of a plane repeats the sums that are pending there.
    pieces = max(1, steps // (_SLIDES * pending))
    all_pieces = g.batch * out_channels * pieces
    unit = _begin(all_pieces * part // parts, pieces, steps)
    end = _begin(all_pieces * (part + 1) // parts, pieces, steps)
    while unit < end:
        first, plane = unit % steps, unit // steps
        n, channel = plane // out_channels, plane % out_channels
        many = 1
        if first == 0 and g.out_channels == 1 and g.out_w <= g.vectors * g.run:
            # Whole planes of neighbouring channels in one call.
            many = max(1, min((end - unit) // steps, out_channels - channel))
        last = steps if many > 1 else min(steps, first + end - unit)
        source = x + g.bytes * (n * g.x_batch + channel // g.out_channels * g.x_channel)
        target = y + g.bytes * (n * g.y_batch + channel * g.y_channel)
        _plane_columns(g, kernel, source, w, bias, target, channel, many, first, last)
        unit += many * steps if many > 1 else last - first


@part
def _begin(piece, pieces, steps):
    """The step at which a piece of a plane begins, counted through all planes."""
    return piece // pieces * steps + piece % pieces * steps // pieces


@part
def _plane_columns(g, kernel, x, w, bias, y, channel, many, first, last):
    width = min(g.vectors * g.run, g.out_w)
    for at in range(0, g.out_w, width):
        # The last part overlaps the one before it.
        column = min(at, g.out_w - width)
        left = g.left - column * g.stride_w
        call(
            kernel,
            (
                x, w + g.bytes * channel * g.kernel_h * g.kernel_w, y + g.bytes * column,
                bias + g.bytes * channel if bias else 0, many, g.x_channel, g.y_channel, first, last,
                g.in_h, g.in_w, g.out_h, g.out_w, g.top, left, max(0, width - g.run),
                *residual_of(g),
            ),
        )  # fmt: skip


@driver
def channels(g, kernel, tail_kernel, zeros, x, w, bias, y, threads):
    """Lanes are channels; `tail_kernel` computes the last, partial vector; `zeros` are read outside the image."""
    fork(_channel_share, (g, kernel, tail_kernel, zeros, x, w, bias, y), threads)


@part
def _channel_share(g, kernel, tail_kernel, zeros, x, w, bias, y, _thread, part, parts):
    tiles, strips = -(-g.out_h // g.rows), -(-g.out_w // _COLUMNS)
    items = g.batch * tiles * strips * g.blocks
    for item in range(items * part // parts, items * (part + 1) // parts):
        lane, rest = item % g.blocks * g.width, item // g.blocks
        strip, rest = rest % strips, rest // strips
        # The last tile overlaps the one before it.
        n, row = rest // tiles, min(rest % tiles * g.rows, g.out_h - g.rows)
        top = row * g.stride_h - g.top
        lanes_left = g.groups * g.channels - lane
        call(
            tail_kernel if lanes_left < g.width else kernel,
            (
                x + g.bytes * (n * g.x_batch + top * g.x_row + lane),
                w + g.bytes * lane * g.channels * g.kernel_h * g.kernel_w,
                y + g.bytes * (n * g.y_batch + row * g.y_row + lane),
                bias + g.bytes * lane if bias else 0, zeros,
                strip * _COLUMNS, min(g.out_w, (strip + 1) * _COLUMNS), g.in_w, g.left,
                g.x_row, g.x_column, g.y_row, g.y_column, -top, g.in_h - top, lanes_left,
                *residual_of(g),
            ),
        )  # fmt: skip
