"""The loops around the kernel of pooling: rows of outputs and their threads."""

from __future__ import annotations

from typing import NamedTuple

from impls.cpu.compiler.calls import call, fork
from impls.cpu.compiler.drivers import driver, part
from impls.cpu.direct.taps import taps_inside


class PoolSizes(NamedTuple):
    """The sizes of a pooling, images channels last; `size` is the bytes of an element."""

    batch: int
    channels: int
    height: int
    width: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    top: int
    left: int
    size: int


@driver
def pool(kernel, g, x, y, threads):
    """Parts are equal runs of rows of outputs."""
    fork(_share, (kernel, g, x, y), threads)


@part
def _share(kernel, g, x, y, _thread, part, parts):
    lines = g.batch * g.out_h
    pixel = g.channels * g.size
    for line in range(lines * part // parts, lines * (part + 1) // parts):
        n, i = line // g.out_h, line % g.out_h
        top = i * g.stride_h - g.top
        low_h, high_h = taps_inside(top, 1, g.height, g.kernel_h)
        for j in range(g.out_w):
            left = j * g.stride_w - g.left
            low_w, high_w = taps_inside(left, 1, g.width, g.kernel_w)
            source = x + pixel * ((n * g.height + top + low_h) * g.width + left + low_w)
            target = y + pixel * (line * g.out_w + j)
            rows, columns = high_h - low_h, high_w - low_w
            call(kernel, (source, target, g.channels, rows, columns, g.width * g.channels, g.channels))
