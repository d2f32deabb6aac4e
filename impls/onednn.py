"""oneDNN with its weights packed beforehand: that library and no other.

torch's eager convolution asks oneDNN only for some problems; here the weight is an opaque oneDNN tensor, which
no other backend could read, so what runs is oneDNN or an error. A packed weight makes oneDNN work channels last;
with NCHW tensors the conversions on both sides are part of the call.
"""

from __future__ import annotations

import torch

from impls.interface import Case, Implementation, Plan
from impls.tensors import in_layout, pad


class OneDnn(Implementation):
    name = "onednn"
    # torch asks oneDNN for its algorithm "direct": every product of the definition, perhaps as a GEMM, but no Winograd.
    algorithm = "direct"
    provider = "oneDNN"
    precisions = ("fp32", "bf16", "fp16")
    bounds = ("direct",)

    def why_not(self, case: Case) -> str | None:
        reason = super().why_not(case)
        if reason:
            return reason
        if not torch.backends.mkldnn.is_available():
            return "this torch was built without oneDNN"
        if case.precision == "bf16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
            return "oneDNN has no bf16 convolution for this CPU (it needs AVX-512)"
        if case.precision == "fp16" and not torch.ops.mkldnn._is_mkldnn_fp16_supported():
            return "oneDNN has no fp16 convolution for this CPU (it needs AVX512-FP16 or AVX-NE-CONVERT)"
        return None

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        p = case.problem
        (top, bottom), (left, right) = p.padding
        # Of padding oneDNN knows one width an axis here; and where no output meets the input (a one-pixel kernel
        # stepping over a narrow image) it writes outside its buffers (oneDNN 3.12): then a padded copy is made.
        pads_itself = p.has_symmetric_padding and p.sees_input
        padding = [top, left] if pads_itself else [0, 0]
        size = list(p.size) if pads_itself else [p.size[0] + top + bottom, p.size[1] + left + right]
        stride, dilation = list(p.stride), list(p.dilation)
        shape = [p.batch, p.in_channels, *size]
        # torch declares the last argument for later versions only.
        packed = torch._C._nn.mkldnn_reorder_conv2d_weight(  # type: ignore[call-arg]
            weight.detach().contiguous().to_mkldnn(), padding, stride, dilation, p.groups, shape
        )
        convolve = torch.ops.mkldnn._convolution_pointwise
        # Of strides of a bias oneDNN knows nothing.
        own_bias = None if bias is None else bias.detach().contiguous()

        def run(x: torch.Tensor) -> torch.Tensor:
            source = x if pads_itself else pad(x, p)
            y = convolve(source, packed, own_bias, padding, stride, dilation, p.groups, "none", [], "")
            return in_layout(y, case.layout)

        return Plan(run, backend="oneDNN, packed weights")
