"""Convolution by tiles through their spectra, by the kernels of impls.cpu.fft.driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from impls.interface import Case, Plan, Work
from impls.padding import extent
from impls.tensors import dtype_of, output_maker
from impls.tiling import Tiling, product_flops, transform_flops

if TYPE_CHECKING:
    from impls.cpu.fft.driver import Geometry


def compiled_plan(case: Case, t: Tiling, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
    """The convolution by these tiles, on the CPU."""
    from impls.cpu.fft import driver as fft_driver
    from impls.cpu.fft import kernels as fft_kernels
    from impls.cpu.fft import passes as fft_passes

    p, dtype, workers = case.problem, case.numbers.dtype, torch.get_num_threads()
    filters = _packed(case, t, weight.detach())
    shift = weight.new_zeros(p.out_channels) if bias is None else bias.detach().contiguous()
    tables = [fft_passes.twiddles(length, dtype) for length in t.transform]
    radices = [fft_passes.encoded(length) for length in t.transform]
    sums = fft_kernels.sums_kernel(dtype, fft_kernels.block_for(p.out_channels // p.groups))
    addresses = (*fft_kernels.transform_kernels(dtype), sums, *(table.ctypes.data for table in tables))
    kernels = fft_driver.Kernels(*addresses, *radices)
    convolve = fft_driver.share_tiles if shares_tiles(case, t, workers) else fft_driver.own_tiles
    output, kind = output_maker(case), dtype_of(case)
    spectra_elements, made_elements, scratch_elements = workspace_elements(case, t, workers)

    def run(x: torch.Tensor) -> torch.Tensor:
        y = output()
        spectra = torch.empty(spectra_elements, dtype=kind)
        made = torch.empty(made_elements, dtype=kind) if made_elements else spectra
        scratch = torch.empty(workers * scratch_elements, dtype=kind)
        parts = [part.data_ptr() for part in (x, filters, shift, y, spectra, made, scratch)]
        arrays = fft_driver.Arrays._make([*parts, case.numbers.bytes * scratch_elements])
        convolve(arrays, kernels, _geometry(case, t, (*x.stride(), *y.stride())), workers)
        return y

    # The kernels know the tables by their addresses alone: the plan keeps them.
    run.tables = tables  # type: ignore[attr-defined]
    return Plan(run)


def compiled_work(case: Case, t: Tiling) -> Work:
    """What convolving by these tiles executes and holds.

    Each tile reads its inputs and the filters, and writes and reads spectra of inputs and of outputs.
    """
    p, workers = case.problem, torch.get_num_threads()
    spectra, made, scratch = workspace_elements(case, t, workers)
    planes, filters = plane_elements(case, t), filter_elements(case, t)
    read = p.in_channels * t.transform[0] * t.transform[1] + filters
    moved = t.tiles(p) * (read + 2 * planes * (p.in_channels + p.out_channels))
    return Work(
        flops=round(transform_flops(p, t)) + product_flops(p, t) + p.outputs * p.bias,
        bytes_moved=case.compulsory_bytes + case.numbers.bytes * moved,
        workspace_bytes=case.numbers.bytes * (spectra + made + workers * scratch),
        plan_bytes=case.numbers.bytes * (filters + p.out_channels + 2 * sum(t.transform)),
    )


def plane_elements(case: Case, t: Tiling) -> int:
    """The spectrum of a channel of a tile, in whole vectors."""
    from impls.cpu.fft import driver as fft_driver

    return fft_driver.plane_elements(_geometry(case, t, (0,) * 8))


def filter_elements(case: Case, t: Tiling) -> int:
    """The filters' spectra, in whole vectors and blocks of kernels."""
    g = _geometry(case, t, (0,) * 8)
    panels = -(-g.kernels // g.block)
    return g.groups * g.halves * panels * g.tile_w * g.channels * g.block * 2 * g.lanes


def shares_tiles(case: Case, t: Tiling, workers: int) -> bool:
    """Whether all workers are at one tile together: where there are too few for each to have its own."""
    tiles = t.tiles(case.problem)
    return tiles % workers != 0 and tiles < 4 * workers


def workspace_elements(case: Case, t: Tiling, workers: int) -> tuple[int, int, int]:
    """Elements of the spectra of inputs and of outputs, of all workers, and of one's scratch.

    Spectra of outputs take the place of the inputs' where there are as many.
    """
    from impls.cpu.fft.driver import scratch_elements

    p, g = case.problem, _geometry(case, t, (0,) * 8)
    planes = (1 if shares_tiles(case, t, workers) else workers) * plane_elements(case, t)
    made = 0 if p.in_channels == p.out_channels else planes * p.out_channels
    return planes * p.in_channels, made, scratch_elements(g)


def _geometry(case: Case, t: Tiling, strides: tuple[int, ...]) -> Geometry:
    from impls.cpu.fft.driver import Geometry
    from impls.cpu.fft.kernels import block_for, lanes_of

    p, lanes = case.problem, lanes_of(case.numbers.dtype)
    kernels = p.out_channels // p.groups
    halves, padded = -(-(t.transform[0] // 2 + 1) // lanes), -(-t.transform[1] // (2 * lanes)) * 2 * lanes
    return Geometry(
        case.numbers.bytes, lanes, p.batch, p.groups, p.in_channels // p.groups, kernels, block_for(kernels),
        *p.size, *p.output_size, *p.stride, p.padding[0][0], p.padding[1][0],
        *t.transform, halves, padded, *t.outputs, *t.count, *strides,
    )  # fmt: skip


def _packed(case: Case, t: Tiling, weight: torch.Tensor) -> torch.Tensor:
    """Filters as the kernel reads them: (G, half blocks, panels of kernels, TW, C/G, block, 2, lanes).

    Conjugate spectra (correlation, not convolution) over 2 · points: the kernel doubles what it transforms forward, and
    scales nothing. Made a panel at a time, so that planning needs little more than what the plan keeps.
    """
    p, g = case.problem, _geometry(case, t, (0,) * 8)
    spans = [extent(p.kernel[a], p.dilation[a]) for a in (0, 1)]
    grouped = weight.reshape(p.groups, -1, *weight.shape[1:])
    panels = -(-g.kernels // g.block)
    packed = weight.new_zeros(p.groups, g.halves, panels, g.tile_w, g.channels, g.block, 2, g.lanes)
    for panel in range(panels):
        kernels = grouped[:, panel * g.block : (panel + 1) * g.block]
        dilated = weight.new_zeros(*kernels.shape[:3], *spans)
        dilated[..., :: p.dilation[0], :: p.dilation[1]] = kernels
        spectra = torch.fft.rfft2(dilated, s=(g.tile_w, g.tile_h), dim=(-1, -2)).conj() / (2 * g.tile_h * g.tile_w)
        parts = torch.view_as_real(spectra.resolve_conj())
        padded = F.pad(parts, (0, 0, 0, 0, 0, g.halves * g.lanes - parts.shape[3]))
        by_block = padded.unflatten(3, (g.halves, g.lanes)).permute(0, 3, 5, 2, 1, 6, 4)
        packed[:, :, panel, :, :, : kernels.shape[1]] = by_block
    return packed
