"""cuDNN, called by torch's operator for it with every switch stated, and no other library."""

from __future__ import annotations

import torch

from impls.interface import Case, Implementation, Plan
from impls.tensors import in_layout, pad
from impls.vendor import possible_bounds


class CuDnn(Implementation):
    name = "cudnn"
    algorithm = None
    provider = "cuDNN"
    devices = ("cuda",)
    precisions = ("fp32", "fp64", "tf32", "bf16", "fp16")
    # cuDNN may itself choose implicit GEMM, FFT or Winograd with tiles up to F6, in fp32 too.
    bounds = ("direct", "fft", "winograd-f6")

    def bounds_for(self, case: Case) -> tuple[str, ...]:
        return possible_bounds(case)

    def why_not(self, case: Case) -> str | None:
        reason = super().why_not(case)
        if reason:
            return reason
        if not torch.backends.cudnn.is_available():
            return "this torch finds no cuDNN"
        return None

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        p = case.problem
        (top, _), (left, _) = p.padding
        symmetric = p.has_symmetric_padding
        padding = [top, left] if symmetric else [0, 0]
        packed = in_layout(weight.detach(), case.layout)
        benchmark = torch.backends.cudnn.benchmark
        own_bias = None if bias is None else bias.detach().view(-1, 1, 1)

        def run(x: torch.Tensor) -> torch.Tensor:
            y = torch.cudnn_convolution(
                in_layout(x if symmetric else pad(x, p), case.layout), packed,
                padding, list(p.stride), list(p.dilation), p.groups,
                benchmark, False, case.precision == "tf32",
            )  # fmt: skip
            if own_bias is not None:
                y += own_bias
            return in_layout(y, case.layout)

        version = torch.backends.cudnn.version()
        limit = torch.backends.cudnn.benchmark_limit
        return Plan(run, backend=f"cuDNN {version}, benchmark={benchmark}, benchmark_limit={limit}")
