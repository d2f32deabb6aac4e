"""Plans of fused Winograd convolution on the CPU: each block of tiles is transformed and multiplied in the cache.

Sources: R. Gelashvili, N. Shavit, A. Zlateski, "L3 Fusion: Fast Transformed Convolutions on CPUs", arXiv 1912.02165
(blocks of tiles, filters streaming); Z. Jia, A. Zlateski, F. Durand, K. Li, "Optimizing N-Dimensional, Winograd-Based
Convolution for Manycore CPUs", PPoPP 2018 (workers that divide the products).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch

from impls.cook_toom import Matrix, transforms
from impls.cpu.compiler import last_write
from impls.cpu.compiler.drivers import Integers
from impls.cpu.team import team
from impls.cpu.winograd import drivers
from impls.cpu.winograd.product import product_kernel
from impls.cpu.winograd.record import record
from impls.cpu.winograd.tile_blocks import Slices, tile_blocks
from impls.cpu.winograd.variant import Variant
from impls.cpu.writing import make_writer
from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.interface import Case, Writer

# Takes the addresses of the record, the input, the filters, the bias, the output and the workspace.
_Drive = Callable[[int, int, int, int, int, int], None]


def writer_of(
    variant: Variant, case: Case, weight: torch.Tensor, bias: torch.Tensor | None, epilogue: Epilogue = NO_EPILOGUE
) -> Writer:
    """The convolution of the case with these weights; weights are transformed and kernels compiled now."""
    filters = pack_filters(variant, weight, tile_blocks(variant, case.problem, 1).channels)
    biases = pack_bias(variant, weight, bias)

    @functools.cache
    def prepared(workers: int) -> tuple[_Drive, np.ndarray[Any, Any], int]:
        """The driver for this many workers, its record, and the elements of workspace that it needs."""
        blocks = tile_blocks(variant, case.problem, workers)
        numbers = record(variant, case.problem, blocks, epilogue)
        driver = drivers.by_frequencies if blocks.shares_blocks else drivers.by_tiles
        drive, counts = driver.compiled(g=numbers.dtype.names), blocks.row_counts(variant.rows)
        products = Integers(product_kernel(variant, n) if n in counts else 0 for n in range(variant.rows + 1))
        return lambda own, *operands: drive(own, products.address, *operands, workers), numbers, blocks.workspace

    def write(x: torch.Tensor, residual: torch.Tensor | None, y: torch.Tensor, workspace: int, threads: int) -> None:
        drive, numbers, _ = prepared(threads)
        if residual is not None:
            numbers = last_write.placed(numbers, residual, y)
        drive(numbers.ctypes.data, x.data_ptr(), filters.data_ptr(), biases.data_ptr(), y.data_ptr(), workspace)

    prepared(team(case, numba.get_num_threads()))
    return make_writer(case, write, lambda threads: case.numbers.bytes * prepared(threads)[2])


def pack_filters(variant: Variant, weight: torch.Tensor, slices: Slices) -> torch.Tensor:
    """G g Gᵀ, computed in float64: (slice, frequency, panel, channel of the group, output channel of the panel)."""
    channels = weight.shape[1]
    both = torch.kron(*(_tensor(transforms(variant.tile, taps).kernel) for taps in variant.taps))
    made = weight.new_zeros(slices.slices, variant.frequencies, slices.slice_panels, channels, variant.panel)
    for panel in range(slices.panels):
        # Panel by panel: all panels in float64 would be several times as large as the result.
        own = weight.detach()[panel * variant.panel : (panel + 1) * variant.panel]
        transformed = both @ own.reshape(len(own) * channels, -1).to(torch.float64).T
        place = made[panel // slices.slice_panels, :, panel % slices.slice_panels]
        place[..., : len(own)] = transformed.view(-1, len(own), channels).transpose(1, 2)
    return made


def pack_bias(variant: Variant, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """The bias, or zeros, in whole vectors."""
    made = weight.new_zeros(-(-len(weight) // variant.lanes) * variant.lanes)
    if bias is not None:
        made[: len(bias)] = bias.detach()
    return made


def _tensor(matrix: Matrix) -> torch.Tensor:
    return torch.tensor([[float(v) for v in row] for row in matrix], dtype=torch.float64)
