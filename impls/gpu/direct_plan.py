"""Plans of direct convolution on CUDA: Triton's kernel, in the tiles that are fastest on this GPU."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeAlias

import torch

from impls.gpu.direct_kernel import ProgramTile, convolve, pack, tile_of_outputs, tiles
from impls.gpu.tuning import fastest
from impls.interface import Case, Plan
from impls.tensors import dtype_of, empty_output, in_layout
from impls.wording import count

RunIn: TypeAlias = Callable[[ProgramTile, torch.Tensor], torch.Tensor]


def plan(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
    """A plan in the fastest tiles; the first plan of a case on a GPU tries all tiles."""
    p, run = case.problem, runs(case, weight, bias)

    @functools.cache
    def sample() -> torch.Tensor:
        return in_layout(torch.randn(p.input_shape, dtype=dtype_of(case), device=weight.device), case.layout)

    choices = tiles(case.layout, p.groups, p.out_channels)
    chosen = fastest(tile_of_outputs, str(case), choices, lambda tile: run(tile, sample()))
    backend = f"tiles of {chosen.rows} × {chosen.columns} × {chosen.channels}, {count(chosen.warps, 'warp')}"
    return Plan(functools.partial(run, chosen), backend=backend)


def runs(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> RunIn:
    """The convolution of the case in tiles of any size, on the device of its tensors."""
    p, packed = case.problem, pack(weight.detach())
    shift = None if bias is None else bias.detach().contiguous()
    leading = (p.padding[0][0], p.padding[1][0])

    def run(tile: ProgramTile, x: torch.Tensor) -> torch.Tensor:
        y = empty_output(case, x.device)
        convolve(x.detach(), packed, shift, y, p.stride, leading, p.dilation, p.groups, tile)
        return y

    return run
