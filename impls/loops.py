"""The textbook seven loops, compiled: the definition of a convolution as running code.

One thread, one output after another, no blocking, no vectors: the baseline that every other
implementation is a departure from, and what "FLOPs" counts.
"""

from __future__ import annotations

import torch

from impls.interface import Case, Implementation, Plan, Work
from impls.tensors import empty_output


class Loops(Implementation):
    name = "loops"
    algorithm = "loops"
    provider = "numba"
    bounds = ("direct",)
    modules = ("numba", "impls.cpu.loops_kernel")

    def work(self, case: Case) -> Work:
        return Work.of_definition(case)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        from impls.cpu.loops_kernel import seven_loops

        p = case.problem
        w = weight.detach().contiguous().numpy()
        b = (weight.new_zeros(p.out_channels) if bias is None else bias.detach().contiguous()).numpy()
        (top, _), (left, _) = p.padding

        def run(x: torch.Tensor) -> torch.Tensor:
            y = empty_output(case)
            seven_loops(
                x.detach().numpy(), w, b, y.numpy(),
                p.stride[0], p.stride[1], top, left, p.dilation[0], p.dilation[1], p.groups,
            )  # fmt: skip
            return y

        return Plan(run)
