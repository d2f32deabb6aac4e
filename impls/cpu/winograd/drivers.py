"""The loops around Winograd's steps: the tiles and frequencies of each part, and their order.

Compiled once for all shapes, types and kernels: sizes come in a record `g` (impls.cpu.winograd.record), operands and
kernels as addresses. Every output is computed in one order, however work is divided.

An item of work is a slice of channels and a block of tiles (impls.cpu.winograd.tile_blocks).
"""

from __future__ import annotations

from impls.cpu.compiler.calls import fork
from impls.cpu.compiler.drivers import driver, part
from impls.cpu.winograd.steps import invert, multiply, share, transform


@driver
def by_tiles(g, products, x, u, bias, y, work, workers):
    """A part is some items, whose data and sums stay in the cache of the worker that computes it."""
    fork(_share_of_items, (g, products, x, u, bias, y, work), workers)


@part
def _share_of_items(g, products, x, u, bias, y, work, worker, part, parts):
    v = work + g.bytes * worker * (g.v_size + g.m_size + g.scratch)
    m = v + g.bytes * g.v_size
    half = m + g.bytes * g.m_size
    begin, end = share(g.slices * g.blocks, part, parts)
    for item in range(begin, end):
        group, first, last = _item(g, item)
        low, high = _of_slice(g.in_vectors, g.slice_in, group)
        transform(g, x, v, half, first, last, first, low, low, high)
        multiply(g, products, v, u, m, group, last - first, 0, g.frequencies * g.slice_panels)
        low, high = _of_slice(g.out_vectors, g.slice_out, group)
        invert(g, m, bias, y, half, first, last, first, low, low, high)


@driver
def by_frequencies(g, products, x, u, bias, y, work, workers):
    """All workers share one item: they divide its channels or tiles, then its frequencies, then its outputs."""
    for item in range(g.slices * g.blocks):
        fork(_transform_share, (g, x, work, item), workers)
        fork(_multiply_share, (g, products, u, work, item), workers)
        fork(_invert_share, (g, bias, y, work, item), workers)


@part
def _transform_share(g, x, work, item, worker, part, parts):
    half = work + g.bytes * (g.v_size + g.m_size + worker * g.scratch)
    group, base, last = _item(g, item)
    start, stop = _of_slice(g.in_vectors, g.slice_in, group)
    begin, end, low, high = _share_of_rectangle(last - base, stop - start, part, parts)
    transform(g, x, work, half, base + begin, base + end, base, start, start + low, start + high)


@part
def _multiply_share(g, products, u, work, item, _worker, part, parts):
    group, base, last = _item(g, item)
    begin, end = share(g.frequencies * g.slice_panels, part, parts)
    multiply(g, products, work, u, work + g.bytes * g.v_size, group, last - base, begin, end)


@part
def _invert_share(g, bias, y, work, item, worker, part, parts):
    m = work + g.bytes * g.v_size
    half = m + g.bytes * (g.m_size + worker * g.scratch)
    group, base, last = _item(g, item)
    start, stop = _of_slice(g.out_vectors, g.slice_out, group)
    begin, end, low, high = _share_of_rectangle(last - base, stop - start, part, parts)
    invert(g, m, bias, y, half, base + begin, base + end, base, start, start + low, start + high)


@part
def _item(g, item):
    """(slice of channels, first tile, end of tiles) of an item; the blocks of a slice are neighbouring items."""
    first, last = share(g.tiles, item % g.blocks, g.blocks)
    return item // g.blocks, first, last


@part
def _of_slice(vectors, length, group):
    """The vectors [from, to) of a slice; the last slice may be shorter than `length`."""
    return group * length, min(vectors, (group + 1) * length)


@part
def _share_of_rectangle(tiles, vectors, part, parts):
    """The ranges of tiles and of vectors of a part: (first tile, end, first vector, end).

    Channels are divided where they divide evenly or are more than the tiles, else tiles.
    """
    if vectors % parts == 0 or vectors > tiles:
        low, high = share(vectors, part, parts)
        return 0, tiles, low, high
    begin, end = share(tiles, part, parts)
    return begin, end, 0, vectors
