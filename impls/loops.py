"""The textbook seven loops, compiled: the definition of a convolution as running code.

One output after the other, without blocking or vectors: the baseline of every other implementation, and the count of
"FLOPs". On the CPU one thread computes it, on CUDA one lane for each output (impls.gpu.loops_kernel), which also takes
16-bit floats and sums them in float32.
"""

from __future__ import annotations

import torch

from impls.compiled import Compiled
from impls.interface import Case, Plan, Run, Work
from impls.tensors import empty_output


class Loops(Compiled):
    name = "loops"
    algorithm = "loops"
    precisions = ("fp32", "fp64", "bf16", "fp16")
    bounds = ("direct",)
    modules = ("numba", "impls.cpu.loops_kernel")
    cuda_module = "impls.gpu.loops_kernel"

    def work(self, case: Case) -> Work:
        return Work.of_definition(case)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        w = weight.detach().contiguous()
        b = None if bias is None else bias.detach().contiguous()
        return Plan((_by_triton if case.device == "cuda" else _by_numba)(case, w, b))


def _by_numba(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    from impls.cpu.loops_kernel import seven_loops

    p, loops = case.problem, seven_loops(case.numbers.dtype)
    w, b = weight.numpy(), (weight.new_zeros(p.out_channels) if bias is None else bias).numpy()
    (top, _), (left, _) = p.padding

    def run(x: torch.Tensor) -> torch.Tensor:
        y = empty_output(case)
        loops(
            x.detach().numpy(), w, b, y.numpy(),
            p.stride[0], p.stride[1], top, left, p.dilation[0], p.dilation[1], p.groups,
        )  # fmt: skip
        return y

    return run


def _by_triton(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    from impls.gpu.loops_kernel import convolve

    p = case.problem
    leading = (p.padding[0][0], p.padding[1][0])

    def run(x: torch.Tensor) -> torch.Tensor:
        y = empty_output(case, x.device)
        convolve(x.detach(), weight, bias, y, p.stride, leading, p.dilation, p.groups)
        return y

    return run
