"""Direct convolution: the definition, reordered so that the innermost loop is a vector operation.

It computes every problem that the interface can express, without a padded copy and without workspace.
"""

from __future__ import annotations

import torch

from impls.interface import Case, Implementation, Plan, Work
from impls.tensors import empty_output, in_layout


class Direct(Implementation):
    name = "direct"
    algorithm = "direct"
    provider = "numba"
    bounds = ("direct",)
    modules = ("numba", "impls.cpu.direct_kernels")

    def work(self, case: Case) -> Work:
        return Work.of_definition(case)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        from impls.cpu.direct_kernels import direct_nchw, direct_nhwc

        p = case.problem
        (top, _), (left, _) = p.padding
        sizes = (p.stride[0], p.stride[1], top, left, p.dilation[0], p.dilation[1], p.groups)
        b = (weight.new_zeros(p.out_channels) if bias is None else bias.detach().contiguous()).numpy()
        if case.layout == "nchw":
            kernel, order = direct_nchw, (0, 1, 2, 3)
            w = weight.detach().contiguous().numpy()
        else:
            kernel, order = direct_nhwc, (0, 2, 3, 1)
            w = weight.detach().permute(2, 3, 1, 0).contiguous().numpy()

        def run(x: torch.Tensor) -> torch.Tensor:
            y = empty_output(case)
            dense = in_layout(x.detach(), case.layout).permute(order)
            # A size-1 axis may carry any stride; the kernels were compiled for plain C order.
            kernel(dense.contiguous().numpy(), w, b, y.permute(order).numpy(), *sizes)
            return y

        return Plan(run)
