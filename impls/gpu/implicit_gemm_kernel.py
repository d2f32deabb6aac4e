"""The kernel of convolution as a matrix product whose patches are gathered into shared memory, and exist only there.

A program computes a block of output pixels × output channels of one group. It sums tap by tap, a block of input
channels at a time; with fewer channels than a block has, all taps and channels form one row of terms. With too few
blocks for a GPU, programs share the terms of one block, and a second kernel adds up their sums. Pixels are the rows of
the product in NHWC, its columns in NCHW: neighbouring lanes then load neighbouring elements.

Sources: S. Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning", arXiv 1410.0759, section 3.1 (patches
gathered block by block); P. Tillet, H. T. Kung, D. Cox, "Triton", MAPL 2019.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl

from impls.gpu.implicit_gemm_blocks import Configuration, Sizes, cdiv
from impls.gpu.target import is_interpreted

# Blocks of pixels that programs of the same time compute, with few blocks of output channels: they then share loads in
# the second-level cache.
_BAND = 8
# Outputs of one program that adds up parts.
_ADDED = 512
# Offsets up to this are computed in 32 bits: wider ones take more registers and twice the instructions.
_NARROW = 2**31 - 1
# Triton's way to multiply: fp32 is IEEE and never TF32, tf32x3 is three products of operands split in two.
_PRODUCT = {"fp64": "ieee", "fp32": "ieee", "tf32": "tf32", "tf32x3": "tf32x3", "bf16": "ieee", "fp16": "ieee"}


def packed(weight: torch.Tensor) -> torch.Tensor:
    """Weights (K, C/groups, KH, KW) as the kernel reads them: (K, terms), taps outside, channels inside."""
    return weight.permute(0, 2, 3, 1).reshape(weight.shape[0], -1).contiguous()


def convolve(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    y: torch.Tensor,
    sizes: Sizes,
    precision: str,
    configuration: Configuration,
) -> None:
    """Write into y the convolution of x, both dense in the layout of `sizes`, by `packed` weights.

    `precision` is fp64, fp32 (IEEE), tf32, tf32x3, bf16 or fp16, and fits the tensors' type. Sums are float32, float64
    for float64. With parts, a call allocates parts × outputs of them.
    """
    parts = configuration.parts
    if parts == 1:
        _convolve_terms(x, weight, bias, y, sizes, precision, configuration)
        return
    sums = torch.empty(parts, y.numel(), dtype=_sum_dtype(y.dtype), device=y.device)
    _convolve_terms(x, weight, None, sums, sizes, precision, configuration)
    kernels, plane = sizes.groups * sizes.kernels, math.prod(sizes.out_size)
    add_parts[(cdiv(y.numel(), _ADDED),)](
        sums, bias, y, y.numel(), parts, kernels, 1 if sizes.nhwc else plane, OUTPUTS=_ADDED, num_warps=4,
        enable_fp_fusion=True,
    )  # fmt: skip


def _convolve_terms(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    y: torch.Tensor,
    sizes: Sizes,
    precision: str,
    configuration: Configuration,
) -> None:
    s, c = sizes, configuration
    y_image, y_channel, _, y_pixel = _strides(s.groups * s.kernels, s.out_size, s.nhwc)
    # Groups are on the first axis too: the other axes allow at most 65,535 programs.
    convolve_block[(s.groups * s.blocks(c), c.parts)](
        x, weight, bias, y,
        s.pixels, s.kernels, s.channels, s.steps(c), cdiv(s.steps(c), c.parts), s.taps[0] * s.taps[1], s.taps[1],
        math.prod(s.out_size), s.out_size[1], *s.size, *s.stride, *s.padding, *s.dilation,
        *_strides(s.groups * s.channels, s.size, s.nhwc), y_image, y_channel, y_pixel, s.outputs,
        NHWC=s.nhwc, WINDOW=s.has_window, FLAT=s.is_flat(c), WIDE=s.largest * c.parts > _NARROW,
        # Triton's interpreter would multiply the bits of bfloat16 as integers.
        PRODUCT=_PRODUCT[precision], WIDEN=is_interpreted() and precision == "bf16",
        PIXELS=c.pixels, KERNELS=c.kernels, TERMS=c.terms(s.element_bytes), BAND=_BAND,
        num_warps=c.warps, num_stages=c.stages, enable_fp_fusion=True,
    )  # fmt: skip


def _sum_dtype(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype == torch.float64 else torch.float32


def _strides(channels: int, size: tuple[int, int], nhwc: bool) -> tuple[int, int, int, int]:
    """Elements between neighbouring images, channels, rows and columns of a dense tensor.

    A tensor's own strides are unreliable where a dimension is 1.
    """
    plane = math.prod(size)
    return (plane * channels, 1, size[1] * channels, channels) if nhwc else (plane * channels, plane, size[1], 1)


# Triton compiles anew for each set of integers that are 1 or divisible by 16. That helps for channels and strides,
# which determine the width of loads; for these integers it would only multiply compilations.
_PLAIN = (
    "pixels", "steps", "steps_of_part", "taps", "taps_across", "out_plane", "out_width", "height", "width", "stride_h",
    "stride_w", "top", "left", "dilation_h", "dilation_w", "outputs",
)  # fmt: skip


@triton.jit(do_not_specialize=_PLAIN)
def convolve_block(
    x, weight, bias, y,
    pixels, kernels, channels, steps, steps_of_part, taps, taps_across, out_plane, out_width, height, width,
    stride_h, stride_w, top, left, dilation_h, dilation_w, x_image, x_channel, x_row, x_column,
    y_image, y_channel, y_pixel, outputs,
    NHWC: tl.constexpr, WINDOW: tl.constexpr, FLAT: tl.constexpr, WIDE: tl.constexpr, PRODUCT: tl.constexpr,
    WIDEN: tl.constexpr, PIXELS: tl.constexpr, KERNELS: tl.constexpr, TERMS: tl.constexpr, BAND: tl.constexpr,
):  # fmt: skip
    """A block of y[n,k,i,j] = b[k] + Σ_r Σ_s Σ_c w[k,r,s,c] · x[n, c, i·stride + r·dilation − top, …]."""
    # The axes along which pixels are expanded, and along which terms of patches and output channels are.
    ALONG: tl.constexpr = 1 if NHWC else 0
    ACROSS: tl.constexpr = 0 if NHWC else 1
    integer: tl.constexpr = tl.int64 if WIDE else tl.int32
    pixel_blocks, kernel_blocks = tl.cdiv(pixels, PIXELS), tl.cdiv(kernels, KERNELS)
    of_group = pixel_blocks * kernel_blocks
    group = (tl.program_id(0) // of_group).to(integer)
    pixel_block, kernel_block = _block(tl.program_id(0) % of_group, pixel_blocks, kernel_blocks, BAND)
    pixel = pixel_block.to(integer) * PIXELS + tl.arange(0, PIXELS)
    kernel = kernel_block.to(integer) * KERNELS + tl.arange(0, KERNELS)
    term = tl.arange(0, TERMS).to(integer)
    has_pixel = tl.expand_dims(pixel < pixels, ALONG)
    has_kernel = tl.expand_dims(kernel < kernels, ACROSS)
    image, place = pixel // out_plane, pixel % out_plane
    corners = x + group * channels * x_channel + tl.expand_dims(image * x_image, ALONG)
    if WINDOW:
        row = tl.expand_dims(place // out_width * stride_h - top, ALONG)
        column = tl.expand_dims(place % out_width * stride_w - left, ALONG)
        corners += row * x_row + column * x_column
    else:
        corners += tl.expand_dims(place * x_column, ALONG)
    rows_of_weights = weight + tl.expand_dims((group * kernels + kernel) * (taps * channels), ACROSS)
    sum_type: tl.constexpr = tl.float64 if x.dtype.element_ty == tl.float64 else tl.float32
    total = tl.zeros((PIXELS, KERNELS) if NHWC else (KERNELS, PIXELS), sum_type)

    part = tl.program_id(1)
    for step in range(part * steps_of_part, tl.minimum(steps, (part + 1) * steps_of_part)):
        tap, channel, index, has_term = _terms(step, term, taps, channels, FLAT, ACROSS, TERMS)
        inputs = corners + tl.expand_dims(channel * x_channel, ACROSS)
        seen = has_pixel & tl.expand_dims(has_term, ACROSS)
        if WINDOW:
            down, right = tap // taps_across * dilation_h, tap % taps_across * dilation_w
            inputs += down * x_row + right * x_column
            seen &= (row + down >= 0) & (row + down < height) & (column + right >= 0) & (column + right < width)
        patches = tl.load(inputs, mask=seen, other=0.0)
        weights = tl.load(
            rows_of_weights + tl.expand_dims(index, ALONG), mask=has_kernel & tl.expand_dims(has_term, ALONG), other=0.0
        )
        if WIDEN:
            patches, weights = patches.to(tl.float32), weights.to(tl.float32)
        if NHWC:
            total = tl.dot(patches, weights, total, input_precision=PRODUCT, out_dtype=sum_type)
        else:
            total = tl.dot(weights, patches, total, input_precision=PRODUCT, out_dtype=sum_type)

    if bias is not None:
        shift = tl.load(bias + group * kernels + kernel, mask=kernel < kernels, other=0.0)
        total += tl.expand_dims(shift.to(sum_type), ACROSS)
    places = y + part.to(integer) * outputs + group * kernels * y_channel + tl.expand_dims(kernel * y_channel, ACROSS)
    places += tl.expand_dims(image * y_image + place * y_pixel, ALONG)
    tl.store(places, total.to(y.dtype.element_ty), mask=has_pixel & has_kernel)


@triton.jit
def _terms(step, term, taps, channels, FLAT: tl.constexpr, ACROSS: tl.constexpr, TERMS: tl.constexpr):
    """The terms of a step: (tap, input channels, places in a row of weights, whether they exist)."""
    if FLAT:
        index = step * TERMS + term
        tap, channel, has_term = tl.expand_dims(index // channels, ACROSS), index % channels, index < taps * channels
    else:
        blocks = tl.cdiv(channels, TERMS)
        tap = (step // blocks).to(term.dtype)
        channel = step % blocks * TERMS + term
        index, has_term = tap * channels + channel, channel < channels
    return tap, channel, index, has_term


@triton.jit
def _block(program, pixel_blocks, kernel_blocks, BAND: tl.constexpr):
    """The block of a program, in bands of `BAND` blocks of pixels, each band with all blocks of output channels."""
    band = program // (BAND * kernel_blocks)
    high = tl.minimum(pixel_blocks - band * BAND, BAND)
    within = program % (BAND * kernel_blocks)
    return band * BAND + within % high, within // high


@triton.jit
def add_parts(sums, bias, y, outputs, parts, kernels, plane, OUTPUTS: tl.constexpr):
    """y = bias + Σ sums[part], dense in one layout; `plane` neighbouring outputs share an output channel."""
    output = tl.program_id(0).to(tl.int64) * OUTPUTS + tl.arange(0, OUTPUTS)
    exists = output < outputs
    total = tl.zeros((OUTPUTS,), sums.dtype.element_ty)
    for _ in range(parts):
        total += tl.load(sums + output, mask=exists, other=0.0)
        sums += outputs
    if bias is not None:
        total += tl.load(bias + output // plane % kernels, mask=exists, other=0.0).to(total.dtype)
    tl.store(y + output, total.to(y.dtype.element_ty), mask=exists)
