"""oneDNN with weights packed beforehand, and no other library.

torch's eager convolution uses oneDNN only for some problems. Here the weight is an opaque oneDNN tensor, which no other
backend can read: either oneDNN runs or there is an error. With a packed weight oneDNN works channels last; for NCHW
tensors, conversions on both sides are part of the call.
"""

from __future__ import annotations

import torch

from impls.interface import Case, Implementation, Plan
from impls.tensors import in_layout, pad


class OneDnn(Implementation):
    name = "onednn"
    # torch requests oneDNN's algorithm "direct": every product of the definition, perhaps as a GEMM, but not Winograd.
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
        # Private: torch has no public function that says whether oneDNN computes 16-bit floats here.
        if case.precision == "bf16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
            return "oneDNN has no bf16 convolution for this CPU (it needs AVX-512)"
        if case.precision == "fp16" and not torch.ops.mkldnn._is_mkldnn_fp16_supported():
            return "oneDNN has no fp16 convolution for this CPU (it needs AVX512-FP16 or AVX-NE-CONVERT)"
        return None

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        p = case.problem
        (top, bottom), (left, right) = p.padding
        # torch passes oneDNN one padding for each axis. Where no output reads the input (a one-pixel kernel that steps
        # over a narrow image), oneDNN 3.12 writes outside its buffers. In both cases the input is copied with padding.
        pads_itself = p.has_symmetric_padding and p.sees_input
        padding = [top, left] if pads_itself else [0, 0]
        size = list(p.size) if pads_itself else [p.size[0] + top + bottom, p.size[1] + left + right]
        stride, dilation = list(p.stride), list(p.dilation)
        shape = [p.batch, p.in_channels, *size]
        packed = torch.ops.aten.mkldnn_reorder_conv2d_weight(
            weight.detach().contiguous().to_mkldnn(), padding, stride, dilation, p.groups, shape
        )
        # Private: torch has no public operator that takes a packed weight.
        convolve = torch.ops.mkldnn._convolution_pointwise
        # oneDNN ignores strides of a bias.
        own_bias = None if bias is None else bias.detach().contiguous()

        def run(x: torch.Tensor) -> torch.Tensor:
            source = x if pads_itself else pad(x, p)
            y = convolve(source, packed, own_bias, padding, stride, dilation, p.groups, "none", [], "")
            return in_layout(y, case.layout)

        return Plan(run, backend="oneDNN, packed weights")
