"""The sizes of blocks in which the CPU computes an implicit GEMM: plain numbers, nothing is compiled."""

from __future__ import annotations

import math
from dataclasses import dataclass

from impls.cpu.compiler.host import lanes_of, vector_unit
from impls.interface import Case, Work

# Vectors of columns in a register block.
VECTORS = 2
# A block of patches stays in the second-level cache (half a megabyte or more in recent processors), together with the
# weights and outputs that stream through it.
_BLOCK_BYTES = 256 * 1024
# Terms that a register block sums before it is stored: enough to hide loading and storing it.
_TERMS = 256
# Copying an element into a panel takes the time of this many multiply–adds, half a cycle of two 16-lane FMA units; so
# does fetching a weight from the third-level cache.
_COPY_FMAS = 16
_WEIGHT_FMAS = 16


@dataclass(frozen=True, slots=True)
class BlockSizes:
    """Rows of a register block, and the terms, pixels and output channels that a worker takes at once."""

    rows: int
    terms: int
    pixels: int
    kernels: int


def columns_of(dtype: str) -> int:
    """Columns of a register block."""
    return VECTORS * lanes_of(dtype)


def most_rows() -> int:
    """The most rows of a register block: registers also hold two vectors of columns and a broadcast element."""
    return (vector_unit().registers - VECTORS - 1) // VECTORS


def block_sizes(case: Case, workers: int) -> BlockSizes:
    """The block sizes of least modelled time; workers share pixels, and output channels where that is faster.

    The time is that of the busiest worker: multiply–adds of whole register blocks, copying patches, fetching weights.
    """
    p, is_nchw, columns = case.problem, case.layout == "nchw", columns_of(case.numbers.dtype)
    kernels = p.out_channels // p.groups
    pixels = p.output_size[0] * p.output_size[1] * (1 if is_nchw else max(1, p.batch))
    rows = _even_share(kernels if is_nchw else pixels, most_rows())
    pixel_step, kernel_step = (columns, rows) if is_nchw else (rows, columns)
    terms = _even_share(p.terms, _TERMS)
    most = max(pixel_step, _BLOCK_BYTES // (case.numbers.bytes * terms) // pixel_step * pixel_step)
    repeated = p.groups * (p.batch if is_nchw else 1)

    def cost(pixel_block: int, kernel_block: int) -> int:
        tasks = repeated * -(-pixels // pixel_block) * -(-kernels // kernel_block)
        each = pixel_block * (kernel_block + _COPY_FMAS) + _WEIGHT_FMAS * kernel_block
        return -(-tasks // workers) * each

    # Fewer parts than this give the largest block, as one part does: images of any size have as many choices.
    parts = max(1, -(-pixels // most))
    choices = [
        (min(_up(-(-pixels // a), pixel_step), most), _up(-(-kernels // b), kernel_step))
        for a in (1, *range(parts, parts + 2 * workers))
        for b in range(1, workers + 1)
    ]
    pixel_block, kernel_block = min(choices, key=lambda choice: cost(*choice))
    return BlockSizes(rows, terms, pixel_block, kernel_block)


def panel_of(case: Case, blocks: BlockSizes) -> int:
    """Kernels in a panel of packed weights: the rows of a register block, or its columns."""
    return blocks.rows if case.layout == "nchw" else columns_of(case.numbers.dtype)


def packed_shape(case: Case, blocks: BlockSizes) -> tuple[int, int, int, int]:
    """(groups, panels of kernels, terms, panel)."""
    p, panel = case.problem, panel_of(case, blocks)
    return p.groups, -(-(p.out_channels // p.groups) // panel), p.terms, panel


def work_of(case: Case, workers: int) -> Work:
    """The work of a call by this many workers."""
    p, size, blocks = case.problem, case.numbers.bytes, block_sizes(case, workers)
    repeats = -(-(p.out_channels // p.groups) // blocks.kernels)
    patches = p.in_channels * p.kernel[0] * p.kernel[1] * p.batch * p.output_size[0] * p.output_size[1]
    partial = -(-p.terms // blocks.terms) - 1
    return Work(
        flops=p.direct_flops + p.outputs * p.bias,
        # The input is read to make patches, which are written and read; sums are stored after each block of terms.
        bytes_moved=case.compulsory_bytes + size * (3 * repeats * patches + 2 * partial * p.outputs),
        workspace_bytes=size * workers * blocks.terms * blocks.pixels,
        plan_bytes=size * (math.prod(packed_shape(case, blocks)) + p.out_channels),
    )


def _even_share(count: int, most: int) -> int:
    """The size of equal parts, none larger than `most`."""
    return -(-count // -(-count // most)) if count else 1


def _up(count: int, step: int) -> int:
    return -(-count // step) * step
