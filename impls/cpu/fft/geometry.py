"""The sizes in which the CPU convolves by spectra, and their work: plain numbers, nothing is compiled."""

from __future__ import annotations

from typing import NamedTuple

import torch

from impls.cpu.compiler.host import lanes_of
from impls.cpu.team import team
from impls.interface import Case, Work
from impls.tiling import Tiling, product_flops, transform_flops

# Kernels that one block of sums can hold: in registers, two parts for each.
BLOCKS = (1, 2, 4, 8)
# Spectra are made one panel of kernels at a time, in temporaries of up to 6 panels, 4 if there is only one: measured.
_PANELS_PLANNING = 6


class Geometry(NamedTuple):
    """Sizes, and strides in elements; `size` is an element's bytes. `channels` and `kernels` are a group's.

    `rows` × `columns` tiles of an image yield `made_h` × `made_w` outputs each, from transforms of `tile_h` × `tile_w`
    points. `padded` columns fill whole pairs of vectors.
    """

    size: int
    lanes: int
    batch: int
    groups: int
    channels: int
    kernels: int
    block: int
    height: int
    width: int
    out_h: int
    out_w: int
    stride_h: int
    stride_w: int
    top: int
    left: int
    tile_h: int
    tile_w: int
    halves: int
    padded: int
    made_h: int
    made_w: int
    rows: int
    columns: int
    x_image: int
    x_channel: int
    x_row: int
    x_step: int
    y_image: int
    y_channel: int
    y_row: int
    y_step: int


def geometry_of(case: Case, t: Tiling, strides: tuple[int, ...] = (0,) * 8) -> Geometry:
    """The sizes of a case cut into these tiles; `strides` are those of x and of y, 0 where they do not matter."""
    p, lanes = case.problem, lanes_of(case.numbers.dtype)
    kernels = p.out_channels // p.groups
    halves, padded = -(-(t.transform[0] // 2 + 1) // lanes), -(-t.transform[1] // (2 * lanes)) * 2 * lanes
    return Geometry(
        case.numbers.bytes, lanes, p.batch, p.groups, p.in_channels // p.groups, kernels, block_for(kernels),
        *p.size, *p.output_size, *p.stride, p.padding[0][0], p.padding[1][0],
        *t.transform, halves, padded, *t.outputs, *t.count, *strides,
    )  # fmt: skip


def block_for(kernels: int) -> int:
    """The smallest block that holds as many kernels, or the largest."""
    return next((block for block in BLOCKS if block >= kernels), BLOCKS[-1])


def plane_elements(g: Geometry) -> int:
    """Elements of the spectrum of one channel of a tile, in whole vectors."""
    return g.halves * g.padded * 2 * g.lanes


def filter_elements(g: Geometry) -> int:
    """Elements of the filters' spectra, in whole vectors and blocks of kernels."""
    panels = -(-g.kernels // g.block)
    return g.groups * g.halves * panels * g.tile_w * g.channels * g.block * 2 * g.lanes


def scratch_elements(g: Geometry) -> int:
    """Elements that a worker needs besides the spectra: three columns and four squares, or a row of every channel."""
    columns = 3 * g.tile_h * 2 * g.lanes + 4 * g.lanes**2
    return max(columns, (g.channels + g.kernels + 1) * g.tile_w * 2 * g.lanes)


def shares_tiles(case: Case, t: Tiling, workers: int) -> bool:
    """Whether all workers work on one tile together, because there are too few tiles for each to have its own."""
    tiles = t.tiles(case.problem)
    return tiles % workers != 0 and tiles < 4 * workers


def workspace_elements(case: Case, t: Tiling, workers: int) -> tuple[int, int, int]:
    """Elements of the spectra of inputs and of outputs, for all workers, and of one worker's scratch.

    Spectra of outputs overwrite those of inputs where there are as many, and need no elements of their own.
    """
    p, g = case.problem, geometry_of(case, t)
    planes = (1 if shares_tiles(case, t, workers) else workers) * plane_elements(g)
    made = 0 if p.in_channels == p.out_channels else planes * p.out_channels
    return planes * p.in_channels, made, scratch_elements(g)


def work_of(case: Case, t: Tiling) -> Work:
    """The work of convolving by these tiles.

    Each tile reads its inputs and the filters, and writes and reads the spectra of inputs and outputs.
    """
    p, workers = case.problem, team(case, torch.get_num_threads())
    spectra, made, scratch = workspace_elements(case, t, workers)
    g = geometry_of(case, t)
    planes, filters = plane_elements(g), filter_elements(g)
    read = p.in_channels * t.transform[0] * t.transform[1] + filters
    moved = t.tiles(p) * (read + 2 * planes * (p.in_channels + p.out_channels))
    size, panels = case.numbers.bytes, -(-p.out_channels // p.groups // block_for(p.out_channels // p.groups))
    plan_bytes = size * (filters + p.out_channels + 2 * sum(t.transform))
    return Work(
        flops=round(transform_flops(p, t)) + product_flops(p, t) + p.outputs * p.bias,
        bytes_moved=case.compulsory_bytes + size * moved,
        workspace_bytes=size * (spectra + made + workers * scratch),
        plan_bytes=plan_bytes,
        planning_bytes=plan_bytes + size * filters * min(_PANELS_PLANNING, 4 * panels) // panels,
    )
