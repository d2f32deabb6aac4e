"""The loops around Winograd's transforms and products, as text; impls.cpu.winograd_source unrolls what they call.

Names of sizes (`s[CHANNELS]`) are those of impls.cpu.winograd_blocking.SIZES; TILE, ALPHA_H, ALPHA_W, LANES, PANEL,
ROWS, RUN and ELEMENT (bytes) are constants of a module. x, u, y, v, m, b, half, strip and work are addresses, offsets
count elements. Tiles are numbered through rows, then images; slot 0 of v and m is tile `base`.

v   (frequency, tile, input channel)    the transformed data of a block of tiles
u   (frequency, panel, channel, PANEL)  the transformed filters
m   (frequency, tile, output channel)   their products, summed over input channels
"""

from __future__ import annotations

COMMON = '''
@njit(**SERIAL)
def share(count, part, parts):
    """The half-open range that part of parts gets of count things, as even as can be."""
    return count * part // parts, count * (part + 1) // parts


@njit(**SERIAL)
def multiply(first, last, tiles, v, u, m, s):
    """Items first … last, an item being one frequency and one panel of output channels; filters stream once."""
    channels, panels = s[CHANNELS], s[PANELS]
    groups = (tiles + ROWS - 1) // ROWS
    for item in range(first, last):
        frequency, panel = item // panels, item % panels
        filters = u + ELEMENT * item * channels * PANEL
        data = v + ELEMENT * frequency * s[V_FREQUENCY]
        sums = m + ELEMENT * (frequency * s[M_FREQUENCY] + panel * PANEL)
        for group in range(groups):
            top, bottom = share(tiles, group, groups)
            product(
                bottom - top, data + ELEMENT * top * s[V_ROW], s[V_ROW], filters,
                sums + ELEMENT * top * s[M_ROW], s[M_ROW], channels,
            )


@njit(**PARALLEL)
def by_tiles(x, u, b, y, work, s, workers):
    """Each worker takes a share of the tiles, in blocks whose data and sums stay in its own cache."""
    for number in prange(workers):
        worker = int64(number)
        v = work + ELEMENT * worker * (s[V_SIZE] + s[M_SIZE] + s[SCRATCH])
        m = v + ELEMENT * s[V_SIZE]
        half = m + ELEMENT * s[M_SIZE]
        begin, end = share(s[TILES], worker, workers)
        blocks = (end - begin + s[BLOCK] - 1) // s[BLOCK]
        for block in range(blocks):
            first, last = share(end - begin, block, blocks)
            transform(x, v, half, begin + first, begin + last, begin + first, 0, s[IN_VECTORS], s)
            multiply(0, ALPHA_H * ALPHA_W * s[PANELS], last - first, v, u, m, s)
            invert(m, b, y, half, begin + first, begin + last, begin + first, 0, s[OUT_VECTORS], s)


@njit(**PARALLEL)
def by_frequencies(x, u, b, y, work, s, workers):
    """All workers share a block: they divide its channels or tiles, then its frequencies, then outputs."""
    v, m = work, work + ELEMENT * s[V_SIZE]
    scratch = m + ELEMENT * s[M_SIZE]
    blocks = (s[TILES] + s[BLOCK] - 1) // s[BLOCK]
    for block in range(blocks):
        first, last = share(s[TILES], block, blocks)
        for number in prange(workers):
            worker = int64(number)
            half = scratch + ELEMENT * worker * s[SCRATCH]
            if s[IN_VECTORS] % workers == 0:
                low, high = share(s[IN_VECTORS], worker, workers)
                transform(x, v, half, first, last, first, low, high, s)
            else:
                begin, end = share(last - first, worker, workers)
                transform(x, v, half, first + begin, first + end, first, 0, s[IN_VECTORS], s)
        for number in prange(workers):
            begin, end = share(ALPHA_H * ALPHA_W * s[PANELS], int64(number), workers)
            multiply(begin, end, last - first, v, u, m, s)
        for number in prange(workers):
            worker = int64(number)
            half = scratch + ELEMENT * worker * s[SCRATCH]
            if s[OUT_VECTORS] % workers == 0:
                low, high = share(s[OUT_VECTORS], worker, workers)
                invert(m, b, y, half, first, last, first, low, high, s)
            else:
                begin, end = share(last - first, worker, workers)
                invert(m, b, y, half, first + begin, first + end, first, 0, s[OUT_VECTORS], s)
'''

NHWC = '''
@njit(**SERIAL)
def transform(x, v, half, first, last, base, low, high, s):
    """Data of tiles first … last, vectors low … high of their channels, into v."""
    height, width, channels = s[HEIGHT], s[WIDTH], s[CHANNELS]
    for tile in range(first, last):
        image, place = tile // s[TILES_OF_IMAGE], tile % s[TILES_OF_IMAGE]
        top = place // s[TILES_OF_ROW] * TILE - s[TOP]
        left = place % s[TILES_OF_ROW] * TILE - s[LEFT]
        inside = top >= 0 and left >= 0 and top + ALPHA_H <= height and left + ALPHA_W <= width
        source = x + ELEMENT * ((image * height + top) * width + left) * channels
        target = v + ELEMENT * (tile - base) * s[V_ROW]
        for c in range(low * LANES, high * LANES, LANES):
            if inside and c + LANES <= channels:
                data_tile(
                    source + ELEMENT * c, width * channels, channels, target + ELEMENT * c, s[V_FREQUENCY], half
                )
            else:
                data_border_tile(
                    source + ELEMENT * c, width * channels, channels, target + ELEMENT * c, s[V_FREQUENCY], half,
                    -top, height - top, -left, width - left, channels - c,
                )


@njit(**SERIAL)
def invert(m, b, y, half, first, last, base, low, high, s):
    """Outputs of tiles first … last, vectors low … high of their channels, from m."""
    height, width, channels = s[OUT_HEIGHT], s[OUT_WIDTH], s[OUT_CHANNELS]
    for tile in range(first, last):
        image, place = tile // s[TILES_OF_IMAGE], tile % s[TILES_OF_IMAGE]
        top = place // s[TILES_OF_ROW] * TILE
        left = place % s[TILES_OF_ROW] * TILE
        inside = top + TILE <= height and left + TILE <= width
        target = y + ELEMENT * ((image * height + top) * width + left) * channels
        source = m + ELEMENT * (tile - base) * s[M_ROW]
        for k in range(low * LANES, high * LANES, LANES):
            if inside and k + LANES <= channels:
                inverse_tile(
                    source + ELEMENT * k, s[M_FREQUENCY], target + ELEMENT * k, width * channels, channels, half,
                    b + ELEMENT * k,
                )
            else:
                inverse_border_tile(
                    source + ELEMENT * k, s[M_FREQUENCY], target + ELEMENT * k, width * channels, channels, half,
                    b + ELEMENT * k, height - top, width - left, channels - k,
                )
'''

NCHW = '''
@njit(**SERIAL)
def gather(x, image, c, top, left, columns, strip, s):
    """ALPHA_H rows of the padded image from (top, left) on, LANES channels from c on, channels last, into strip."""
    height, width = s[HEIGHT], s[WIDTH]
    plane = height * width
    begin, end = max(left, 0), min(left + columns, width)
    channels = s[CHANNELS] - c
    for i in range(ALPHA_H):
        row = strip + ELEMENT * i * columns * LANES
        if top + i < 0 or top + i >= height or begin >= end:
            for j in range(columns):
                v_store(row, j * LANES, v_zero())
            continue
        source = x + ELEMENT * ((image * s[CHANNELS] + c) * plane + (top + i) * width)
        for j in range(begin - left):
            v_store(row, j * LANES, v_zero())
        for j in range(begin, end, LANES):
            # The last one may run over into the next row, which is written later, or behind the strip.
            if channels >= LANES and j + LANES <= end:
                channels_last(source + ELEMENT * j, plane, row + ELEMENT * (j - left) * LANES)
            else:
                channels_last_masked(
                    source + ELEMENT * j, plane, row + ELEMENT * (j - left) * LANES, channels, end - j
                )
        for j in range(end - left, columns):
            v_store(row, j * LANES, v_zero())


@njit(**SERIAL)
def scatter(strip, columns, y, image, k, top, left, s):
    """The outputs in a strip, LANES channels from k on, to their planes in y."""
    height, width = s[OUT_HEIGHT], s[OUT_WIDTH]
    plane = height * width
    channels = s[OUT_CHANNELS] - k
    end = min(columns, width - left)
    for i in range(min(TILE, height - top)):
        target = y + ELEMENT * ((image * s[OUT_CHANNELS] + k) * plane + (top + i) * width + left)
        row = strip + ELEMENT * i * columns * LANES
        for j in range(0, end, LANES):
            if channels >= LANES and j + LANES <= end:
                channels_first(row + ELEMENT * j * LANES, target + ELEMENT * j, plane)
            else:
                channels_first_masked(row + ELEMENT * j * LANES, target + ELEMENT * j, plane, channels, end - j)


@njit(**SERIAL)
def transform(x, v, half, first, last, base, low, high, s):
    """Data of tiles first … last, vectors low … high of their channels, into v."""
    strip = half + ELEMENT * ALPHA_H * ALPHA_W * LANES
    tile = first
    while tile < last:
        image, place = tile // s[TILES_OF_IMAGE], tile % s[TILES_OF_IMAGE]
        column = place % s[TILES_OF_ROW]
        run = min(RUN, last - tile, s[TILES_OF_ROW] - column)
        columns = run * TILE + ALPHA_W - TILE
        for c in range(low * LANES, high * LANES, LANES):
            gather(
                x, image, c, place // s[TILES_OF_ROW] * TILE - s[TOP], column * TILE - s[LEFT], columns, strip, s
            )
            for n in range(run):
                data_tile(
                    strip + ELEMENT * n * TILE * LANES, columns * LANES, LANES,
                    v + ELEMENT * ((tile - base + n) * s[V_ROW] + c), s[V_FREQUENCY], half,
                )
        tile += run


@njit(**SERIAL)
def invert(m, b, y, half, first, last, base, low, high, s):
    """Outputs of tiles first … last, vectors low … high of their channels, from m."""
    strip = half + ELEMENT * ALPHA_H * ALPHA_W * LANES
    tile = first
    while tile < last:
        image, place = tile // s[TILES_OF_IMAGE], tile % s[TILES_OF_IMAGE]
        column = place % s[TILES_OF_ROW]
        run = min(RUN, last - tile, s[TILES_OF_ROW] - column)
        columns = run * TILE
        for k in range(low * LANES, high * LANES, LANES):
            for n in range(run):
                inverse_tile(
                    m + ELEMENT * ((tile - base + n) * s[M_ROW] + k), s[M_FREQUENCY],
                    strip + ELEMENT * n * TILE * LANES, columns * LANES, LANES, half, b + ELEMENT * k,
                )
            scatter(strip, columns, y, image, k, place // s[TILES_OF_ROW] * TILE, column * TILE, s)
        tile += run
'''
