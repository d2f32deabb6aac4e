"""Copies an image with its padding around it, in parts."""

from __future__ import annotations

from impls.cpu.compiler.calls import call, fork
from impls.cpu.compiler.drivers import driver, part


@driver
def pad_image(g, pad, x, image, threads):
    """Copy x into `image` with its padding around it."""
    fork(_pad_share, (g, pad, x, image), threads)


@part
def _pad_share(g, pad, x, image, _thread, part, parts):
    channels = g.groups * g.channels
    # With channels last, the channels of a column are neighbours; else each channel has rows of its own.
    planes, together = (1 if g.x_channel == 1 else channels), (channels if g.x_channel == 1 else 1)
    before = min(g.to_w, g.left)
    inside = min(g.in_w, g.to_w - before)
    behind = g.to_w - before - inside
    lines = g.batch * planes * g.to_h
    for line in range(lines * part // parts, lines * (part + 1) // parts):
        row, plane = line % g.to_h, line // g.to_h
        n, channel = plane // planes, plane % planes
        from_row = row - g.top
        count = inside if 0 <= from_row < g.in_h else 0
        source = x + g.bytes * (n * g.x_batch + channel * g.x_channel + from_row * g.x_row)
        target = image + g.bytes * (n * g.to_batch + channel * g.to_channel + row * g.to_row)
        if g.to_column == together:
            first, last = (before if count else g.to_w), (behind if count else 0)
            call(pad, (source, target, first * together, count * together, last * together))
        else:
            for column in range(g.to_w):
                from_column = column - g.left
                there = together if count and 0 <= from_column < g.in_w else 0
                at = source + g.bytes * from_column * g.x_column
                call(pad, (at, target + g.bytes * column * g.to_column, 0, there, together - there))
