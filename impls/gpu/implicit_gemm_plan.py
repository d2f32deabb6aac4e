"""Plans of implicit GEMM on CUDA: Triton's kernel, in the blocks that are fastest on this GPU."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeAlias

import torch

from impls.gpu.implicit_gemm_blocks import Configuration, configurations
from impls.gpu.implicit_gemm_kernel import convolve, convolve_block, packed
from impls.gpu.implicit_gemm_work import sizes_of, work_in_parts
from impls.gpu.tuning import fastest
from impls.interface import Case, Plan
from impls.tensors import dtype_of, empty_output, in_layout
from impls.wording import count

RunIn: TypeAlias = Callable[[Configuration, torch.Tensor], torch.Tensor]


def plan(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
    """A plan in the fastest configuration; the first plan of a case on a GPU tries all configurations."""
    run = runs(case, weight, bias)

    @functools.cache
    def sample() -> torch.Tensor:
        generator = torch.Generator(weight.device).manual_seed(0)
        shape, dtype = case.problem.input_shape, dtype_of(case)
        return in_layout(torch.randn(shape, dtype=dtype, device=weight.device, generator=generator), case.layout)

    choices = configurations(sizes_of(case), case.precision)
    chosen = fastest(convolve_block, str(case), choices, lambda configuration: run(configuration, sample()))
    terms = chosen.terms(case.numbers.bytes)
    parts = f"{count(chosen.warps, 'warp')}, {count(chosen.parts, 'part')}"
    backend = f"blocks of {chosen.pixels} × {chosen.kernels} × {terms}, {parts}"
    return Plan(functools.partial(run, chosen), backend=backend, work=work_in_parts(case, chosen.parts))


def runs(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> RunIn:
    """The convolution of the case in any configuration, on the device of its tensors."""
    sizes, by_tap = sizes_of(case), packed(weight.detach())
    shift = None if bias is None else bias.detach().contiguous()

    def run(configuration: Configuration, x: torch.Tensor) -> torch.Tensor:
        y = empty_output(case, x.device)
        convolve(in_layout(x.detach(), case.layout), by_tap, shift, y, sizes, case.precision, configuration)
        return y

    return run
