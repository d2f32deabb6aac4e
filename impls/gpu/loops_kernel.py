"""The seven loops with one lane for each output: four loops are the launch, three are in the kernel.

A readable kernel, not a fast one: lanes share no loads, nothing is blocked.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

# Outputs of a program: four warps of 32 lanes.
BLOCK = 128


@triton.jit
def one_output_a_lane(
    x, w, b, y, outputs, out_channels, out_size, channels, kernel, size,
    stride, padding, dilation, per_group, x_strides, y_strides, BLOCK: tl.constexpr,
):  # fmt: skip
    """y[n,k,i,j] = b[k] + Σ_c Σ_r Σ_s w[k,c,r,s] · x[n, c, i·stride + r·dilation − top, j·stride + s·dilation − left].

    Pairs are (height, width), `padding` is (top, left); `w` is dense, `b` may be None. Sums are float32, float64 for
    float64.
    """
    total_type: tl.constexpr = tl.float64 if y.dtype.element_ty == tl.float64 else tl.float32
    # In 64 bits, as is everything computed from it: no tensor is too large.
    output = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    exists = output < outputs
    j = output % out_size[1]
    i = output // out_size[1] % out_size[0]
    k = output // out_size[1] // out_size[0] % out_channels
    n = output // out_size[1] // out_size[0] // out_channels
    first = k // per_group * channels
    total = tl.zeros((BLOCK,), total_type)
    if b is not None:
        total += tl.load(b + k, mask=exists, other=0.0).to(total_type)
    for c in range(channels):
        for r in range(kernel[0]):
            row = i * stride[0] + r * dilation[0] - padding[0]
            for s in range(kernel[1]):
                column = j * stride[1] + s * dilation[1] - padding[1]
                seen = exists & (row >= 0) & (row < size[0]) & (column >= 0) & (column < size[1])
                place = n * x_strides[0] + (first + c) * x_strides[1] + row * x_strides[2] + column * x_strides[3]
                value = tl.load(x + place, mask=seen, other=0.0).to(total_type)
                factor = tl.load(w + ((k * channels + c) * kernel[0] + r) * kernel[1] + s, mask=exists, other=0.0)
                total += factor.to(total_type) * value
    place = n * y_strides[0] + k * y_strides[1] + i * y_strides[2] + j * y_strides[3]
    tl.store(y + place, total.to(y.dtype.element_ty), mask=exists)


def convolve(
    x: torch.Tensor,
    w: torch.Tensor,
    b: torch.Tensor | None,
    y: torch.Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
) -> None:
    """Write the convolution of x (N, C, H, W) by dense w (K, C/groups, KH, KW) into y, in any strides."""
    _, out_channels, *out_size = y.shape
    one_output_a_lane[(triton.cdiv(y.numel(), BLOCK),)](
        x, w, b, y, y.numel(), out_channels, tuple(out_size), w.shape[1], tuple(w.shape[2:]), tuple(x.shape[2:]),
        stride, padding, dilation, out_channels // groups, x.stride(), y.stride(), BLOCK, enable_fp_fusion=True,
    )  # fmt: skip
