"""Winograd on the CPU, fused: transforms and products of one block of tiles after the other, in cache.

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
from impls.cpu.winograd import drivers as winograd_drivers
from impls.cpu.winograd.blocking import Slices, blocking
from impls.cpu.winograd.product import product_kernel
from impls.cpu.winograd.variant import Variant
from impls.interface import Case, Run
from impls.tensors import dtype_of, in_layout, output_maker

# Given the addresses of the input, the filters, the bias, the output and the workspace.
_Drive = Callable[[int, int, int, int, int], None]


def fused(variant: Variant, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    """The convolution of the case with these weights, transformed and packed now; its kernels are compiled now."""
    filters = packed(variant, weight, blocking(variant, case.problem, 1).channels)
    biases = padded(variant, weight, bias)
    dtype, output = dtype_of(case), output_maker(case)

    @functools.cache
    def prepared(workers: int) -> tuple[_Drive, int]:
        """What drives the kernels with so many workers, and the elements of workspace that it needs."""
        blocks = blocking(variant, case.problem, workers)
        drive: Any = winograd_drivers.by_frequencies if blocks.shares_blocks else winograd_drivers.by_tiles
        numbers = winograd_drivers.record(variant, case.problem, blocks)
        products = np.zeros(variant.rows + 1, dtype=np.int64)
        for rows in blocks.row_counts(variant.rows):
            products[rows] = product_kernel(variant, rows)
        return lambda *operands: drive(numbers, products, *operands, workers), blocks.workspace

    def run(x: torch.Tensor) -> torch.Tensor:
        dense, y = in_layout(x, case.layout), output()
        drive, workspace = prepared(numba.get_num_threads())
        work = torch.empty(workspace, dtype=dtype)
        drive(dense.data_ptr(), filters.data_ptr(), biases.data_ptr(), y.data_ptr(), work.data_ptr())
        return y

    prepared(numba.get_num_threads())
    return run


def packed(variant: Variant, weight: torch.Tensor, slices: Slices) -> torch.Tensor:
    """G g Gᵀ, computed in float64: (slice, frequency, panel, channel of the group, output channel of the panel)."""
    channels = weight.shape[1]
    both = torch.kron(*(_tensor(transforms(variant.tile, taps).kernel) for taps in variant.taps))
    made = weight.new_zeros(slices.slices, variant.frequencies, slices.slice_panels, channels, variant.panel)
    for panel in range(slices.panels):
        # Panel by panel: all of them in float64 would be several times the result.
        own = weight.detach()[panel * variant.panel : (panel + 1) * variant.panel]
        transformed = both @ own.reshape(len(own) * channels, -1).to(torch.float64).T
        place = made[panel // slices.slice_panels, :, panel % slices.slice_panels]
        place[..., : len(own)] = transformed.view(-1, len(own), channels).transpose(1, 2)
    return made


def padded(variant: Variant, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """The bias, or zeros, in whole vectors."""
    made = weight.new_zeros(-(-len(weight) // variant.lanes) * variant.lanes)
    if bias is not None:
        made[: len(bias)] = bias.detach()
    return made


def _tensor(matrix: Matrix) -> torch.Tensor:
    return torch.tensor([[float(v) for v in row] for row in matrix], dtype=torch.float64)
