"""torch.nn.functional.conv2d itself, with the backend that torch chooses; the plan records the backend."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from impls.interface import Case, Implementation, Plan
from impls.tensors import dtype_of, in_layout, pad
from impls.vendor import possible_bounds


class TorchConv(Implementation):
    name = "torch"
    algorithm = None
    provider = "torch"
    devices = ("cpu", "cuda")
    precisions = ("fp32", "fp64", "tf32", "bf16", "fp16")
    # oneDNN, NNPACK (Winograd F6, FFT), native loops or GEMM on the CPU; cuDNN on CUDA.
    bounds = ("direct", "fft", "winograd-f6")

    def why_not(self, case: Case) -> str | None:
        reason = super().why_not(case)
        if reason:
            return reason
        if case.device == "cpu" and not case.problem.sees_input:
            return "all outputs read padding only: torch's oneDNN backend can crash on that"
        return None

    def bounds_for(self, case: Case) -> tuple[str, ...]:
        return possible_bounds(case)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        p = case.problem
        (top, _), (left, _) = p.padding
        symmetric = p.has_symmetric_padding
        padding = (top, left) if symmetric else (0, 0)
        packed = in_layout(weight.detach(), case.layout)
        own_bias = None if bias is None else bias.detach()

        def run(x: torch.Tensor) -> torch.Tensor:
            source = x if symmetric else pad(x, p)
            y = F.conv2d(source, packed, own_bias, p.stride, padding, p.dilation, p.groups)
            return in_layout(y, case.layout)

        return Plan(run, backend=_chosen_backend(case, packed, own_bias, padding))


def backend_of(case: Case) -> str:
    """The backend that torch would choose for tensors of a case on the CPU; they take no memory."""
    p, one = case.problem, torch.zeros((), dtype=dtype_of(case))
    (top, bottom), (left, right) = p.padding
    if p.has_symmetric_padding:
        size, padding = p.size, (top, left)
    else:
        size, padding = (p.size[0] + top + bottom, p.size[1] + left + right), (0, 0)
    x = one.expand(p.batch, p.in_channels, *size)
    bias = one.expand(p.out_channels) if p.bias else None
    return _named(x, one.expand(p.weight_shape), bias, case, padding)


def _chosen_backend(case: Case, weight: torch.Tensor, bias: torch.Tensor | None, padding: tuple[int, int]) -> str:
    """The backend that torch chooses for these tensors, for example "Mkldnn" or "Slow2d"."""
    p = case.problem
    x = in_layout(torch.empty(p.input_shape, dtype=dtype_of(case), device=case.device), case.layout)
    return _named(x if p.has_symmetric_padding else pad(x, p), weight, bias, case, padding)


def _named(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, case: Case, padding: tuple[int, int]
) -> str:
    p = case.problem
    # Private: torch has no public function that names its choice.
    backend = torch._C._select_conv_backend(
        x, weight, bias, list(p.stride), list(padding), list(p.dilation), False, [0, 0], p.groups, None
    )
    return str(backend).removeprefix("_ConvBackend.")
