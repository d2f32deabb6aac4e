"""Convolution by tiles through their spectra, in torch's operations.

Tensors are channel-first, (C, images, …), so that the tiles of all images in flight are one axis. Spectra are
multiplied by one complex matrix product for each frequency; with one channel in and out of each group there is no sum
over channels, and they are multiplied in place. Then columns are transformed back, and only the rows that hold outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import TypeAlias

import torch

from impls.interface import Case, Plan, Work
from impls.padding import extent
from impls.tensors import empty_output
from impls.tiling import Tiling, product_flops, transform_flops

# Takes spectra of tiles (C, tiles, bins) to spectra of outputs (K, tiles, bins).
_Products: TypeAlias = Callable[[torch.Tensor], torch.Tensor]


def plan_of(case: Case, t: Tiling, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
    """The convolution of the case by these tiles."""
    products = _products(case, t, weight.detach())
    shift = None if bias is None else bias.detach().view(-1, 1, 1, 1, 1)

    def run(x: torch.Tensor) -> torch.Tensor:
        y = empty_output(case)
        images, rows = t.in_flight
        for image, row in product(range(0, case.problem.batch, images), range(0, t.count[0], rows)):
            last_image, last_row = min(image + images, case.problem.batch), min(row + rows, t.count[0])
            made = _outputs(x.detach()[image:last_image], row, last_row - row, products, case, t)
            _place(made, shift, y[image:last_image, :, row * t.outputs[0] : last_row * t.outputs[0]])
        return y

    return Plan(run)


def work_of(case: Case, t: Tiling) -> Work:
    """The work of convolving by these tiles."""
    p = case.problem
    filters = 2 * case.numbers.bytes * t.bins * p.out_channels * (p.in_channels // p.groups)
    steps = -(-p.batch // t.in_flight[0]) * -(-t.count[0] // t.in_flight[1])
    arrays = _arrays(case, t)
    return Work(
        flops=round(transform_flops(p, t)) + product_flops(p, t) + p.outputs * p.bias,
        bytes_moved=case.compulsory_bytes + steps * (filters + 2 * sum(arrays)),
        workspace_bytes=_largest(arrays, t),
        plan_bytes=filters + case.numbers.bytes * p.out_channels * p.bias,
    )


def row_bytes(case: Case, t: Tiling) -> int:
    """Bytes of all temporaries of one row of tiles of one image."""
    return sum(_arrays(case, replace(t, in_flight=(1, 1))))


def _arrays(case: Case, t: Tiling) -> tuple[int, ...]:
    """Bytes of the temporaries of one step, in order of allocation.

    They are the strip, its tiles, their spectra, products, products with columns transformed back, rows with outputs.
    """
    p, size = case.problem, case.numbers.bytes
    images, rows = t.in_flight
    height, width = t.strip(p, rows)
    tiles = images * rows * t.count[1]
    strip = size * images * p.in_channels * height * width
    cut = 0 if t.is_one_tile else size * tiles * p.in_channels * t.transform[0] * t.transform[1]
    spectra, products = (2 * size * tiles * channels * t.bins for channels in (p.in_channels, p.out_channels))
    in_place = p.in_channels == p.out_channels == p.groups
    made = size * tiles * p.out_channels * t.outputs[0] * t.transform[1]
    return strip, cut, spectra, 0 if in_place else products, products, made


def _largest(arrays: tuple[int, ...], t: Tiling) -> int:
    """The most bytes of temporaries alive at once; matrix products copy both operands frequency-major."""
    strip, cut, spectra, products, columns, made = arrays
    held = products or spectra
    kept_rows = columns * t.outputs[0] // t.transform[0]
    copies = spectra + products if products else 0
    return max(strip + cut + spectra, spectra + products + copies, held + columns, columns + kept_rows + made)


def _outputs(x: torch.Tensor, row: int, rows: int, products: _Products, case: Case, t: Tiling) -> torch.Tensor:
    """(K, images, rows, columns, MH, MW): the outputs of these rows of tiles."""
    p = case.problem
    tiles = _tiles(_strip(x, row, rows, case, t), rows, case, t)
    shape = (p.out_channels, *tiles.shape[1:4], t.transform[0], t.half)
    spectra = torch.fft.rfft2(tiles).view(p.in_channels, -1, t.bins)
    del tiles
    summed = products(spectra).view(shape)
    del spectra
    columns = torch.fft.ifft(summed, dim=-2)
    del summed
    kept = columns[..., : (t.outputs[0] - 1) * p.stride[0] + 1 : p.stride[0], :]
    made: torch.Tensor = torch.fft.irfft(kept, n=t.transform[1])
    return made[..., : (t.outputs[1] - 1) * p.stride[1] + 1 : p.stride[1]]


def _strip(x: torch.Tensor, row: int, rows: int, case: Case, t: Tiling) -> torch.Tensor:
    """(C, images, height, width): the inputs of these rows of tiles, with zeros outside the image."""
    p = case.problem
    sizes = t.strip(p, rows)
    strip = x.new_empty(p.in_channels, x.shape[0], *sizes)
    # The place in the input where the strip begins, and the part of the strip that is inside the input.
    origin = (row * t.outputs[0] * p.stride[0] - p.padding[0][0], -p.padding[1][0])
    (a, b), (c, d) = (
        (min(max(0, -origin[axis]), sizes[axis]), min(max(0, p.size[axis] - origin[axis]), sizes[axis]))
        for axis in (0, 1)
    )
    strip[:, :, :a] = 0
    strip[:, :, b:] = 0
    strip[:, :, a:b, :c] = 0
    strip[:, :, a:b, d:] = 0
    inside = x[:, :, a + origin[0] : b + origin[0], c + origin[1] : d + origin[1]]
    strip[:, :, a:b, c:d] = inside.transpose(0, 1)
    return strip


def _tiles(strip: torch.Tensor, rows: int, case: Case, t: Tiling) -> torch.Tensor:
    """The overlapping tiles of a strip: (C, images, rows, columns, TH, TW)."""
    p = case.problem
    if t.is_one_tile:
        return strip[:, :, None, None]
    channels, images, height, width = strip.stride()
    steps = [t.outputs[axis] * p.stride[axis] for axis in (0, 1)]
    sizes = (*strip.shape[:2], rows, t.count[1], *t.transform)
    overlapping = strip.as_strided(sizes, (channels, images, height * steps[0], width * steps[1], height, width))
    return overlapping.contiguous()


def _place(made: torch.Tensor, shift: torch.Tensor | None, y: torch.Tensor) -> None:
    """Copy tiles (K, images, rows, columns, MH, MW) to y (images, K, OH, OW); the last tiles may be cut off."""
    tiles, sizes = made.shape[2:4], made.shape[4:]
    for (rows, height, at_row), (columns, width, at_column) in product(
        _pieces(tiles[0], sizes[0], y.shape[2]), _pieces(tiles[1], sizes[1], y.shape[3])
    ):
        block = y[:, :, at_row : at_row + len(rows) * height, at_column : at_column + len(columns) * width]
        target = block.unflatten(3, (len(columns), width)).unflatten(2, (len(rows), height))
        source = made[:, :, rows.start : rows.stop, columns.start : columns.stop, :height, :width]
        source = source.permute(1, 0, 2, 4, 3, 5)
        if shift is None:
            target.copy_(source)
        else:
            torch.add(source, shift, out=target)


def _pieces(tiles: int, size: int, outputs: int) -> list[tuple[range, int, int]]:
    """The whole tiles and the partial tile of an axis: (range of tiles, outputs of each, first output)."""
    whole = min(tiles, outputs // size)
    pieces = [(range(whole), size, 0)] if whole else []
    return [*pieces, (range(whole, whole + 1), outputs % size, whole * size)] if whole < tiles else pieces


def _spectrum(weight: torch.Tensor, case: Case, t: Tiling) -> torch.Tensor:
    """Conjugate spectra (correlation, not convolution) of kernels (…, KH, KW), with one last axis of bins."""
    p = case.problem
    spans = [extent(p.kernel[a], p.dilation[a]) for a in (0, 1)]
    dilated = weight.new_zeros(*weight.shape[:-2], *spans)
    dilated[..., :: p.dilation[0], :: p.dilation[1]] = weight
    spectrum: torch.Tensor = torch.fft.rfft2(dilated, s=t.transform).conj().resolve_conj()
    return spectrum.flatten(-2)


def _products(case: Case, t: Tiling, weight: torch.Tensor) -> _Products:
    """The function from spectra of inputs to spectra of outputs."""
    p = case.problem
    if p.in_channels == p.out_channels == p.groups:
        filters = _spectrum(weight, case, t)
        return lambda spectra: spectra.mul_(filters)
    return _by_matrices(case, t, weight)


def _by_matrices(case: Case, t: Tiling, weight: torch.Tensor) -> _Products:
    """(F, G, tiles, C/G) times (F, G, C/G, K/G): one matrix product for each frequency and group."""
    p = case.problem
    filters = _spectrum(weight, case, t).view(p.groups, -1, p.in_channels // p.groups, t.bins)
    filters = filters.permute(3, 0, 2, 1).contiguous()

    def products(spectra: torch.Tensor) -> torch.Tensor:
        grouped = spectra.view(p.groups, -1, *spectra.shape[1:])
        return torch.matmul(grouped.permute(3, 0, 2, 1), filters).permute(1, 3, 2, 0).flatten(0, 1).contiguous()

    return products
