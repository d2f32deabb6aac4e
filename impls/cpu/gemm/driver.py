"""The loops around the kernels of implicit GEMM: the order of blocks of patches, and their workers.

Source: K. Goto, R. A. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008. One
operand is the patch matrix of im2col (S. Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning", arXiv
1410.0759, section 3); each worker holds one block of it, `terms_a_block` × `pixels_a_block`.

Compiled once for all shapes and types: sizes come in a record `g`, addresses in a record `o`. Every output sums its
terms in one order, so results are identical for any number of workers.
"""

from __future__ import annotations

from typing import NamedTuple

from impls.cpu.compiler.calls import call, fork, residual_of
from impls.cpu.compiler.drivers import driver, part


class Panels(NamedTuple):
    """Sizes. `channels` and `kernels` are a group's; `size` is an element's bytes.

    Weights are stored in panels of `panel` kernels. `pixels_a_block` is a multiple of the pixels of a register block,
    `kernels_a_block` of its kernels.
    """

    size: int
    rows: int
    columns: int
    panel: int
    terms_a_block: int
    pixels_a_block: int
    kernels_a_block: int
    batch: int
    groups: int
    channels: int
    kernels: int
    height: int
    width: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    top: int
    left: int
    dilation_h: int
    dilation_w: int


class Operands(NamedTuple):
    """Addresses of the kernels `pack` and `block`, and of the arrays.

    x and y are in their layout, w is (groups, panels, terms, panel), `bias` has an element for each output channel,
    `patches` a block for each worker.
    """

    pack: int
    block: int
    x: int
    w: int
    bias: int
    y: int
    patches: int


class FusedOperands(NamedTuple):
    """Operands of a `block` with an epilogue; `residual` is its distance from y in bytes, 0 without one."""

    pack: int
    block: int
    x: int
    w: int
    bias: int
    y: int
    patches: int
    residual: int


@driver
def convolve_nchw(o, g, workers):
    """Rows are output channels, columns are the pixels of an image."""
    fork(_share_nchw, (o, g), workers)


@driver
def convolve_nhwc(o, g, workers):
    """Rows are pixels of the batch, columns are output channels."""
    fork(_share_nhwc, (o, g), workers)


@part
def _share_nchw(o, g, worker, part, parts):
    pixels, terms = g.out_h * g.out_w, g.channels * g.kernel_h * g.kernel_w
    blocks = -(-pixels // g.pixels_a_block)
    chunks = -(-g.kernels // g.kernels_a_block)
    patches = o.patches + worker * g.size * g.terms_a_block * g.pixels_a_block
    tasks = g.batch * g.groups * blocks * chunks
    for task in range(tasks * part // parts, tasks * (part + 1) // parts):
        chunk, block = task % chunks, task // chunks % blocks
        group, image = task // (chunks * blocks) % g.groups, task // (chunks * blocks * g.groups)
        first_k, first_q = chunk * g.kernels_a_block, block * g.pixels_a_block
        last_k, count = min(first_k + g.kernels_a_block, g.kernels), min(g.pixels_a_block, pixels - first_q)
        for first in range(0, terms, g.terms_a_block):
            now = min(g.terms_a_block, terms - first)
            call(
                o.pack,
                (
                    o.x, patches, group * g.channels, first, now, image * pixels + first_q, count,
                    g.groups * g.channels, g.height, g.width, g.out_h, g.out_w, g.kernel_h, g.kernel_w, g.stride_h,
                    g.stride_w, g.top, g.left, g.dilation_h, g.dilation_w,
                ),
            )  # fmt: skip
            for q in range(0, count, g.columns):
                for k in range(first_k, last_k, g.rows):
                    _block_nchw(o, g, image, group, k, last_k - k, first_q + q, count - q, patches, q, first, now)


@part
def _block_nchw(o, g, image, group, k, kernels, pixel, pixels, patches, q, first, now):
    all_pixels, terms = g.out_h * g.out_w, g.channels * g.kernel_h * g.kernel_w
    panels = -(-g.kernels // g.rows)
    w = o.w + g.size * ((group * panels + k // g.rows) * terms + first) * g.rows
    kernel = group * g.kernels + k
    y = o.y + g.size * ((image * g.groups * g.kernels + kernel) * all_pixels + pixel)
    rows, columns = min(g.rows, kernels), min(g.columns, pixels)
    bias = o.bias + g.size * kernel
    call(
        o.block,
        (
            w, patches + g.size * q * now, now, y, all_pixels, rows, columns, bias, first == 0,
            *residual_of(o, first + now == terms),
        ),
    )  # fmt: skip


@part
def _share_nhwc(o, g, worker, part, parts):
    pixels, terms = g.batch * g.out_h * g.out_w, g.channels * g.kernel_h * g.kernel_w
    blocks = -(-pixels // g.pixels_a_block)
    chunks = -(-g.kernels // g.kernels_a_block)
    patches = o.patches + worker * g.size * g.terms_a_block * g.pixels_a_block
    tasks = g.groups * blocks * chunks
    for task in range(tasks * part // parts, tasks * (part + 1) // parts):
        chunk, block, group = task % chunks, task // chunks % blocks, task // (chunks * blocks)
        first_k, first_q = chunk * g.kernels_a_block, block * g.pixels_a_block
        last_k, count = min(first_k + g.kernels_a_block, g.kernels), min(g.pixels_a_block, pixels - first_q)
        for first in range(0, terms, g.terms_a_block):
            now = min(g.terms_a_block, terms - first)
            call(
                o.pack,
                (
                    o.x, patches, group * g.channels, first, now, first_q, count, g.groups * g.channels,
                    g.height, g.width, g.out_h, g.out_w, g.kernel_h, g.kernel_w, g.stride_h, g.stride_w, g.top, g.left,
                    g.dilation_h, g.dilation_w, g.channels,
                ),
            )  # fmt: skip
            for k in range(first_k, last_k, g.columns):
                for q in range(0, count, g.rows):
                    _block_nhwc(o, g, group, k, last_k - k, first_q + q, count - q, patches, q, first, now)


@part
def _block_nhwc(o, g, group, k, kernels, pixel, pixels, patches, q, first, now):
    all_kernels, terms = g.groups * g.kernels, g.channels * g.kernel_h * g.kernel_w
    panels = -(-g.kernels // g.columns)
    w = o.w + g.size * ((group * panels + k // g.columns) * terms + first) * g.columns
    kernel = group * g.kernels + k
    y = o.y + g.size * (pixel * all_kernels + kernel)
    rows, columns = min(g.rows, pixels), min(g.columns, kernels)
    bias = o.bias + g.size * kernel
    call(
        o.block,
        (
            patches + g.size * q * now, w, now, y, all_kernels, rows, columns, bias, first == 0,
            *residual_of(o, first + now == terms),
        ),
    )  # fmt: skip
