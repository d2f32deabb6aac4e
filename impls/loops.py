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

    def work(self, case: Case) -> Work:
        return Work(
            plan_bytes=case.numbers.bytes * case.problem.parameters,
            flops=case.problem.direct_flops + case.problem.outputs * case.problem.bias,
            bytes_moved=case.compulsory_bytes,
            workspace_bytes=0,
        )

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        from impls.cpu.loops_kernel import seven_loops

        p = case.problem
        w = weight.detach().contiguous().numpy()
        b = _bias_or_zeros(case, weight, bias)
        (top, _), (left, _) = p.padding

        def run(x: torch.Tensor) -> torch.Tensor:
            y = empty_output(case)
            seven_loops(
                x.detach().numpy(), w, b, y.numpy(),
                p.stride[0], p.stride[1], top, left, p.dilation[0], p.dilation[1], p.groups,
            )  # fmt: skip
            return y

        return Plan(run)


def _bias_or_zeros(case: Case, weight: torch.Tensor, bias: torch.Tensor | None):  # type: ignore[no-untyped-def]
    return (weight.new_zeros(case.problem.out_channels) if bias is None else bias.detach().contiguous()).numpy()
