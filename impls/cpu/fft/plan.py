"""Plans of convolution by spectra on the CPU: kernels compiled, filters transformed and packed."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from impls.cpu.compiler.drivers import Integers
from impls.cpu.fft import driver, passes
from impls.cpu.fft.geometry import Geometry, block_for, geometry_of, shares_tiles, workspace_elements
from impls.cpu.fft.kernels import sums_kernel, transform_kernels
from impls.cpu.team import team
from impls.interface import Case, Plan
from impls.padding import extent
from impls.tensors import dtype_of, output_maker
from impls.tiling import Tiling


def plan_of(case: Case, t: Tiling, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
    """The convolution of the case by these tiles."""
    p, dtype, workers = case.problem, case.numbers.dtype, team(case, torch.get_num_threads())
    filters = _packed(case, t, weight.detach())
    shift = weight.new_zeros(p.out_channels) if bias is None else bias.detach().contiguous()
    tables = [passes.twiddles(length, dtype) for length in t.transform]
    radices = [passes.encoded(length) for length in t.transform]
    sums = sums_kernel(dtype, block_for(p.out_channels // p.groups))
    addresses = (*transform_kernels(dtype), sums, *(table.ctypes.data for table in tables))
    kernels = Integers(driver.Kernels(*addresses, *radices))
    by_sharing = driver.share_tiles if shares_tiles(case, t, workers) else driver.own_tiles
    records = {"arrays": driver.Arrays._fields, "kernels": driver.Kernels._fields, "g": Geometry._fields}
    convolve = by_sharing.compiled(**records)
    output, kind = output_maker(case), dtype_of(case)
    spectra_elements, made_elements, scratch_elements = workspace_elements(case, t, workers)

    def run(x: torch.Tensor) -> torch.Tensor:
        y = output()
        spectra = torch.empty(spectra_elements, dtype=kind)
        made = torch.empty(made_elements, dtype=kind) if made_elements else spectra
        scratch = torch.empty(workers * scratch_elements, dtype=kind)
        parts = [part.data_ptr() for part in (x, filters, shift, y, spectra, made, scratch)]
        arrays = Integers(driver.Arrays._make([*parts, case.numbers.bytes * scratch_elements]))
        g = Integers(geometry_of(case, t, (*x.stride(), *y.stride())))
        convolve(arrays.address, kernels.address, g.address, workers)
        return y

    # The kernels hold only the addresses of the tables: the plan keeps the tables alive.
    run.tables = tables  # type: ignore[attr-defined]
    return Plan(run)


def _packed(case: Case, t: Tiling, weight: torch.Tensor) -> torch.Tensor:
    """Filters as the kernel reads them: (G, half blocks, panels of kernels, TW, C/G, block, 2, lanes).

    Conjugate spectra (correlation, not convolution) over 2 · points: the kernel doubles its forward transforms and
    scales nothing. They are made one panel at a time, so that planning needs little more memory than the plan keeps.
    """
    p, g = case.problem, geometry_of(case, t)
    grouped = weight.reshape(p.groups, -1, *weight.shape[1:])
    panels = -(-g.kernels // g.block)
    packed = weight.new_zeros(p.groups, g.halves, panels, g.tile_w, g.channels, g.block, 2, g.lanes)
    for panel in range(panels):
        kernels = grouped[:, panel * g.block : (panel + 1) * g.block]
        packed[:, :, panel, :, :, : kernels.shape[1]] = _packed_panel(case, t, kernels)
    return packed


def _packed_panel(case: Case, t: Tiling, kernels: torch.Tensor) -> torch.Tensor:
    """The panel (G, half blocks, TW, C/G, kernels, 2, lanes) of these kernels (G, kernels, C/G, KH, KW)."""
    p, g = case.problem, geometry_of(case, t)
    spans = [extent(p.kernel[a], p.dilation[a]) for a in (0, 1)]
    dilated = kernels.new_zeros(*kernels.shape[:3], *spans)
    dilated[..., :: p.dilation[0], :: p.dilation[1]] = kernels
    spectra = torch.fft.rfft2(dilated, s=(g.tile_w, g.tile_h), dim=(-1, -2)).conj() / (2 * g.tile_h * g.tile_w)
    parts = torch.view_as_real(spectra.resolve_conj())
    padded = F.pad(parts, (0, 0, 0, 0, 0, g.halves * g.lanes - parts.shape[3]))
    packed: torch.Tensor = padded.unflatten(3, (g.halves, g.lanes)).permute(0, 3, 5, 2, 1, 6, 4)
    return packed
