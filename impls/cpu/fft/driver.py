"""The loops around the kernels of convolution by spectra: the order of tiles and their parts, and their workers.

The work of each phase fits a core's own cache; everything else is read and written once:

1. columns of the input are transformed (`forward`), for all channels;
2. one half block after the other, the rows of all channels of a group are transformed, multiplied with the filters'
   spectra and summed over channels (`sums`), and the sums are transformed back;
3. columns are transformed back (`inverse`), and outputs are stored.

Compiled once for all shapes and types: sizes come in a record `g` (impls.cpu.fft.geometry), addresses in `arrays` and
`kernels`.
One worker computes a part of a tile in one fixed order: results are identical for any number of workers.
"""

from __future__ import annotations

from typing import NamedTuple

from impls.cpu.compiler.calls import call, fork
from impls.cpu.compiler.drivers import driver, part


class Kernels(NamedTuple):
    """Addresses of the kernels, and the twiddles (by address) and radices of both axes."""

    transform: int
    forward: int
    inverse: int
    sums: int
    w_h: int
    w_w: int
    radices_h: int
    radices_w: int


class Arrays(NamedTuple):
    """Addresses.

    x and y have any strides. `filters` are conjugate spectra over 2 · points: (groups, halves, panels of `block`
    kernels, tile_w, channels, block, 2, lanes). `bias` has an element for each kernel. `spectra` (of inputs) and `made`
    (of outputs) are (groups · channels or kernels, halves, padded, 2, lanes), one for each worker, or one in all where
    workers share a tile; both are the same array where a group has as many kernels as channels. `scratch` is one for
    each worker, `scratch_bytes` apart.
    """

    x: int
    filters: int
    bias: int
    y: int
    spectra: int
    made: int
    scratch: int
    scratch_bytes: int


@driver
def share_tiles(arrays, kernels, g, workers):
    """All workers compute one tile together, phase by phase."""
    for tile in range(g.batch * g.rows * g.columns):
        fork(_share_columns, (arrays, kernels, g, tile), workers)
        fork(_share_rows, (arrays, kernels, g), workers)
        fork(_share_outputs, (arrays, kernels, g, tile), workers)


@part
def _share_columns(arrays, kernels, g, tile, worker, part, parts):
    tasks = g.groups * g.channels * (g.padded // (2 * g.lanes))
    for task in range(tasks * part // parts, tasks * (part + 1) // parts):
        _columns(arrays, kernels, g, tile, task, worker, 0)


@part
def _share_rows(arrays, kernels, g, worker, part, parts):
    tasks = g.groups * g.halves
    for task in range(tasks * part // parts, tasks * (part + 1) // parts):
        _rows(arrays, kernels, g, task, worker, 0)


@part
def _share_outputs(arrays, kernels, g, tile, worker, part, parts):
    tasks = g.groups * g.kernels * _blocks_made(g)
    for task in range(tasks * part // parts, tasks * (part + 1) // parts):
        _outputs(arrays, kernels, g, tile, task, worker, 0)


@driver
def own_tiles(arrays, kernels, g, workers):
    """A part is some tiles; each worker has spectra of its own."""
    fork(_own_tiles, (arrays, kernels, g), workers)


@part
def _own_tiles(arrays, kernels, g, worker, part, parts):
    tiles = g.batch * g.rows * g.columns
    for tile in range(tiles * part // parts, tiles * (part + 1) // parts):
        for task in range(g.groups * g.channels * (g.padded // (2 * g.lanes))):
            _columns(arrays, kernels, g, tile, task, worker, worker)
        for task in range(g.groups * g.halves):
            _rows(arrays, kernels, g, task, worker, worker)
        for task in range(g.groups * g.kernels * _blocks_made(g)):
            _outputs(arrays, kernels, g, tile, task, worker, worker)


@part
def _blocks_made(g):
    """The number of pairs of vectors of columns that hold outputs."""
    return ((g.made_w - 1) * g.stride_w + 2 * g.lanes) // (2 * g.lanes)


@part
def _plane(arrays_of, channels, channel, owner, g):
    """The address of a channel's spectrum."""
    plane = g.size * g.halves * g.padded * 2 * g.lanes
    return arrays_of + (owner * g.groups * channels + channel) * plane


@part
def _columns(arrays, kernels, g, tile, task, worker, owner):
    pair = 2 * g.lanes
    blocks = g.padded // pair
    channel, block = task // blocks, task % blocks
    n, i, j = tile // (g.rows * g.columns), tile // g.columns % g.rows, tile % g.columns
    top, left = i * g.made_h * g.stride_h - g.top, j * g.made_w * g.stride_w - g.left
    spectrum = _plane(arrays.spectra, g.channels, channel, owner, g) + g.size * block * pair * pair
    call(
        kernels.forward,
        (
            arrays.x + g.size * (n * g.x_image + channel * g.x_channel), g.x_row, g.x_step, g.height, g.width,
            top, left + block * pair, g.tile_h, g.padded, spectrum,
            arrays.scratch + worker * arrays.scratch_bytes, kernels.transform, kernels.w_h, kernels.radices_h,
        ),
    )  # fmt: skip


@part
def _rows(arrays, kernels, g, task, worker, owner):
    pair = 2 * g.lanes
    group, half = task // g.halves, task % g.halves
    line, here = g.size * g.tile_w * pair, g.size * half * g.padded * pair
    x = arrays.scratch + worker * arrays.scratch_bytes
    y = x + g.channels * line
    other = y + g.kernels * line
    for c in range(g.channels):
        source = _plane(arrays.spectra, g.channels, group * g.channels + c, owner, g) + here
        call(kernels.transform, (source, x + c * line, other, 0, g.lanes, kernels.w_w, kernels.radices_w, g.tile_w))
    panels = (g.kernels + g.block - 1) // g.block
    panel_bytes = g.channels * g.block * line
    for panel in range(panels):
        filters = arrays.filters + (task * panels + panel) * panel_bytes
        first = panel * g.block
        there = min(g.block, g.kernels - first)
        call(kernels.sums, (x, filters, g.channels, g.tile_w, y + first * line, there))
    for k in range(g.kernels):
        to = _plane(arrays.made, g.kernels, group * g.kernels + k, owner, g) + here
        call(kernels.transform, (y + k * line, to, other, g.lanes, 0, kernels.w_w, kernels.radices_w, g.tile_w))


@part
def _outputs(arrays, kernels, g, tile, task, worker, owner):
    pair = 2 * g.lanes
    blocks = _blocks_made(g)
    kernel, block = task // blocks, task % blocks
    n, i, j = tile // (g.rows * g.columns), tile // g.columns % g.rows, tile % g.columns
    to = n * g.y_image + kernel * g.y_channel + i * g.made_h * g.y_row + j * g.made_w * g.y_step
    rows, columns = min(g.made_h, g.out_h - i * g.made_h), min(g.made_w, g.out_w - j * g.made_w)
    spectrum = _plane(arrays.made, g.kernels, kernel, owner, g) + g.size * block * pair * pair
    call(
        kernels.inverse,
        (
            spectrum, g.padded, g.tile_h, g.tile_w, arrays.y + g.size * to, g.y_row, g.y_step, rows, columns,
            g.stride_h, g.stride_w, block * pair, arrays.bias + g.size * kernel,
            arrays.scratch + worker * arrays.scratch_bytes, kernels.transform, kernels.w_h, kernels.radices_h,
        ),
    )  # fmt: skip
