"""Winograd's three steps for a range of tiles: transform data, multiply by frequency, transform products back.

x, y, u, v, m, bias, half and strip are addresses; steps and offsets count elements; `g` is the record of
impls.cpu.winograd.record. Tiles are numbered through rows, then images; `base` is the first tile in v and m.

u   (slice, frequency, panel, input channel of the group, output channel of the panel)     transformed filters
v   (frequency, tile, input channel)                    transformed data of an item
m   (frequency, tile, output channel)                   their products, summed over input channels
"""

from __future__ import annotations

from impls.cpu.compiler.calls import call, residual_of
from impls.cpu.compiler.drivers import part


@part
def share(count, part, parts):
    """The range [from, to) of part number `part` of `count` things, divided into `parts` as evenly as possible."""
    return count * part // parts, count * (part + 1) // parts


@part
def multiply(g, products, v, u, m, part, tiles, first, last):
    """Products [first, last) of a slice, each of one frequency and one panel of filters; filters stream once."""
    size = g.group_channels * g.panel
    for product in range(first, last):
        frequency, panel = product // g.slice_panels, product % g.slice_panels
        # The last slice may have fewer panels than the others.
        runs = -(-tiles // g.rows) if part * g.slice_panels + panel < g.panels else 0
        filters = u + g.bytes * size * (part * g.frequencies * g.slice_panels + product)
        data = v + g.bytes * (frequency * g.v_frequency + panel // g.group_panels * g.group_step)
        sums = m + g.bytes * (frequency * g.m_frequency + panel * g.panel)
        for run in range(runs):
            top, bottom = share(tiles, run, runs)
            rows, data_row, sums_row = products[bottom - top], g.bytes * top * g.v_row, g.bytes * top * g.m_row
            call(rows, (data + data_row, g.v_row, filters, sums + sums_row, g.m_row, g.group_channels))


@part
def _place(g, tile):
    """(image, first output row, first output column) of a tile."""
    image, place = tile // g.tiles_of_image, tile % g.tiles_of_image
    return image, place // g.tiles_of_row * g.tile, place % g.tiles_of_row * g.tile


@part
def transform(g, x, v, half, first, last, base, start, low, high):
    """Transform vectors [low, high) of channels of tiles [first, last) into v, whose first vector is `start`."""
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


@part
def _strip(g, tile, last):
    """(rows, run) of the tiles from `tile` on that are transposed together: whole rows of an image, or part of one."""
    row, column = tile % g.tiles_of_image // g.tiles_of_row, tile % g.tiles_of_row
    run = min(g.strip_run, last - tile, g.tiles_of_row - column)
    if run < g.tiles_of_row:
        return 1, run
    return min(g.strip_rows, (last - tile) // run, g.tiles_of_image // run - row), run


@part
def _transform_tile(g, x, v, half, tile, low, high):
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


@part
def _transform_strip(g, x, v, half, tile, rows, run, low, high):
    """Neighbouring tiles in planes: their pixels are first transposed to vectors of channels, with zeros around."""
    image, top, left = _place(g, tile)
    strip = half + g.bytes * g.half
    height, width = rows * g.tile + g.alpha_h - g.tile, run * g.tile + g.alpha_w - g.tile
    for c in range(low * g.lanes, high * g.lanes, g.lanes):
        _gather(g, x, image, c, top - g.top, left - g.left, height, width, strip)
        for n in range(rows * run):
            at = strip + g.bytes * (n // run * width + n % run) * g.tile * g.lanes
            call(g.data, (at, width * g.lanes, g.lanes, v + g.bytes * (n * g.v_row + c), g.v_frequency, half))


@part
def _gather(g, x, image, c, top, left, height, width, strip):
    """Copy a part of the padded image from (top, left) on into the strip: a vector of channels from c on per pixel."""
    begin, end = max(left, 0), min(left + width, g.width)
    plane = g.height * g.width
    vector = g.bytes * g.lanes
    for i in range(height):
        row = strip + vector * i * width
        if top + i < 0 or top + i >= g.height or begin >= end:
            call(g.clear, (row, width))
        else:
            source = x + g.bytes * ((image * g.channels + c) * plane + (top + i) * g.width)
            call(g.clear, (row, begin - left))
            for j in range(begin, end, g.lanes):
                # The last square may reach into the next row, which is written later, or past the end of the strip.
                to = row + vector * (j - left)
                call(g.channels_last, (source + g.bytes * j, plane, to, g.channels - c, end - j))
            call(g.clear, (row + vector * (end - left), left + width - end))


@part
def invert(g, m, bias, y, half, first, last, base, start, low, high):
    """Make outputs of tiles [first, last), vectors [low, high) of channels, from m, whose first vector is `start`."""
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


@part
def _invert_tile(g, m, bias, y, half, tile, low, high):
    image, top, left = _place(g, tile)
    inside = top + g.tile <= g.out_height and left + g.tile <= g.out_width
    row = g.out_width * g.out_channels
    target = y + g.bytes * ((image * g.out_height + top) * row + left * g.out_channels)
    for k in range(low * g.lanes, high * g.lanes, g.lanes):
        at, to, own, left_over = m + g.bytes * k, target + g.bytes * k, bias + g.bytes * k, g.out_channels - k
        if inside and left_over >= g.lanes:
            call(g.inverse, (at, g.m_frequency, to, row, g.out_channels, half, own, *residual_of(g)))
        else:
            rows, columns = g.out_height - top, g.out_width - left
            call(
                g.inverse_border,
                (at, g.m_frequency, to, row, g.out_channels, half, own, rows, columns, left_over, *residual_of(g)),
            )


@part
def _invert_strip(g, m, bias, y, half, tile, rows, run, low, high):
    """Neighbouring tiles make vectors of channels in a strip, whose pixels are then transposed to planes.

    Whole rows of the image have no gap between them, so they are transposed as one. The last tile of a row may write
    into the next row, where the first tile overwrites it: tiles are computed from right to left.
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


@part
def _scatter(g, strip, width, height, y, image, k, top, left):
    """Copy the outputs in a strip, a vector of channels from k on per pixel, to their planes in y."""
    plane = g.out_height * g.out_width
    pixels, rows = (height * width if width == g.out_width else width), (1 if width == g.out_width else height)
    for i in range(rows):
        target = y + g.bytes * ((image * g.out_channels + k) * plane + (top + i) * g.out_width + left)
        for j in range(0, pixels, g.lanes):
            at = strip + g.bytes * (i * width + j) * g.lanes
            to = target + g.bytes * j
            call(g.channels_first, (at, to, plane, g.out_channels - k, pixels - j, *residual_of(g)))
