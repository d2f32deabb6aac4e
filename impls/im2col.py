"""Convolution as one matrix product for each group, over an explicit matrix of patches (im2col).

Source: K. Chellapilla, S. Puri, P. Simard, "High Performance Convolutional Neural Networks for Document
Processing", IWFHR 2006. The patch matrix is a copy of a strided view; a 1 × 1 kernel with stride 1 needs no copy.
"""

from __future__ import annotations

import math

import torch

from impls.interface import Case, Implementation, Plan, Work
from impls.problem import ConvProblem
from impls.tensors import has_padding, in_layout, pad


class Im2col(Implementation):
    name = "im2col"
    algorithm = "im2col"
    provider = "torch GEMM"
    devices = ("cpu", "cuda")
    precisions = ("fp32", "fp64", "bf16", "fp16")
    bounds = ("direct",)

    def work(self, case: Case) -> Work:
        p, size = case.problem, case.numbers.bytes
        patches = 0 if _is_view(case) else size * p.in_channels * p.kernel[0] * p.kernel[1] * _pixels(p)
        padded = size * math.prod(p.padded_shape) if has_padding(p) else 0
        # With several images or groups, the products are group-major and must be copied to their places.
        moved = size * p.outputs if _needs_reordering(case) else 0
        return Work(
            plan_bytes=case.numbers.bytes * case.problem.parameters,
            flops=p.direct_flops + p.outputs * p.bias,
            bytes_moved=case.compulsory_bytes + 2 * (padded + patches + moved),
            workspace_bytes=padded + patches + moved,
        )

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        run = _nchw if case.layout == "nchw" else _nhwc
        p = case.problem
        grouped = weight.detach().reshape(p.groups, p.out_channels // p.groups, -1, *p.kernel)
        if case.layout == "nchw":
            matrix = grouped.flatten(2).contiguous()
        else:
            matrix = grouped.permute(0, 3, 4, 2, 1).flatten(1, 3).contiguous()
        return Plan(lambda x: run(x, matrix, bias, case))


def _nchw(x: torch.Tensor, matrix: torch.Tensor, bias: torch.Tensor | None, case: Case) -> torch.Tensor:
    """matrix (G, K/G, C/G·KH·KW) times patches (G, C/G·KH·KW, N·OH·OW)."""
    p = case.problem
    patches = _patches(x, p, ("group", "channel", "kernel_h", "kernel_w", "batch", "out_h", "out_w"))
    rows = patches.reshape(p.groups, p.terms, _pixels(p))
    y = _product(matrix, rows, None if bias is None else bias.view(p.groups, -1, 1))
    return in_layout(y.view(p.out_channels, p.batch, *p.output_size).transpose(0, 1), case.layout)


def _nhwc(x: torch.Tensor, matrix: torch.Tensor, bias: torch.Tensor | None, case: Case) -> torch.Tensor:
    """patches (G, N·OH·OW, KH·KW·C/G) times matrix (G, KH·KW·C/G, K/G)."""
    p = case.problem
    patches = _patches(x, p, ("group", "batch", "out_h", "out_w", "kernel_h", "kernel_w", "channel"))
    rows = patches.reshape(p.groups, _pixels(p), p.terms)
    y = _product(rows, matrix, None if bias is None else bias.view(p.groups, 1, -1))
    y = y.permute(1, 0, 2).reshape(p.batch, *p.output_size, p.out_channels)
    return in_layout(y.permute(0, 3, 1, 2), case.layout)


def _product(a: torch.Tensor, b: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    # The GEMM adds the bias to its accumulators: added afterwards, a 16-bit result would be rounded twice.
    return torch.bmm(a, b) if bias is None else torch.baddbmm(bias, a, b)


def _patches(x: torch.Tensor, p: ConvProblem, order: tuple[str, ...]) -> torch.Tensor:
    """The seven-dimensional strided view of all patches, with axes in `order`; nothing is copied."""
    padded = pad(x.detach(), p)
    sn, sc, sh, sw = padded.stride()
    per_group = p.in_channels // p.groups
    axes = {
        "batch": (p.batch, sn),
        "group": (p.groups, sc * per_group),
        "channel": (per_group, sc),
        "kernel_h": (p.kernel[0], sh * p.dilation[0]),
        "kernel_w": (p.kernel[1], sw * p.dilation[1]),
        "out_h": (p.output_size[0], sh * p.stride[0]),
        "out_w": (p.output_size[1], sw * p.stride[1]),
    }
    return padded.as_strided([axes[a][0] for a in order], [axes[a][1] for a in order], padded.storage_offset())


def _pixels(p: ConvProblem) -> int:
    return p.batch * p.output_size[0] * p.output_size[1]


def _is_view(case: Case) -> bool:
    """Whether the patch matrix is the input itself, without a copy."""
    p = case.problem
    return p.kernel == (1, 1) and p.stride == (1, 1) and p.groups == 1 and (p.batch == 1 or case.layout == "nhwc")


def _needs_reordering(case: Case) -> bool:
    return case.problem.batch > 1 if case.layout == "nchw" else case.problem.groups > 1
