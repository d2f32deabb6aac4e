"""Winograd on the CPU, fused: transforms and products of one block of tiles after the other, in cache.

Sources: R. Gelashvili, N. Shavit, A. Zlateski, "L3 Fusion: Fast Transformed Convolutions on CPUs", arXiv 1912.02165
(blocks of tiles, filters streaming); Z. Jia, A. Zlateski, F. Durand, K. Li, "Optimizing N-Dimensional, Winograd-Based
Convolution for Manycore CPUs", PPoPP 2018 (workers that divide the products). Every output is computed in one order,
whatever the number of threads.
"""

from __future__ import annotations

import numba
import numpy as np
import torch
from numba.core import types

from impls.cook_toom import Matrix, transforms
from impls.cpu import generated
from impls.cpu.winograd_blocking import blocking
from impls.cpu.winograd_source import Variant, source
from impls.interface import Case, Run
from impls.tensors import dtype_of, empty_output, in_layout

# x, u, b, y, work; the sizes; the number of workers.
_SIGNATURE = (*(types.int64,) * 5, types.int64[::1], types.int64)


def fused(variant: Variant, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    """The convolution of the case with these weights, transformed and packed now; its kernels compiled now."""
    module = generated.module(f"winograd_f{variant.tile}", source(variant))
    blocks = blocking(variant, case.problem)
    kernel = module.by_frequencies if blocks.shares_blocks else module.by_tiles
    kernel.compile(_SIGNATURE)
    sizes = np.array(blocks.sizes, dtype=np.int64)
    filters, biases = packed(variant, weight), _padded(bias, weight, variant)

    def run(x: torch.Tensor) -> torch.Tensor:
        dense, y = in_layout(x.detach(), case.layout), empty_output(case)
        workers = numba.get_num_threads()
        work = torch.empty(blocks.workspace(workers), dtype=dtype_of(case))
        kernel(dense.data_ptr(), filters.data_ptr(), biases.data_ptr(), y.data_ptr(), work.data_ptr(), sizes, workers)
        return y

    return run


def packed(variant: Variant, weight: torch.Tensor) -> torch.Tensor:
    """G g Gᵀ, computed in float64: (frequency, panel, input channel, output channel of the panel)."""
    out_channels, in_channels = weight.shape[:2]
    both = torch.kron(*(_tensor(transforms(variant.tile, taps).kernel) for taps in variant.taps))
    panels = -(-out_channels // variant.panel)
    made = weight.new_zeros(variant.frequencies, panels, in_channels, variant.panel)
    for panel in range(panels):
        # Panel by panel: all of them in float64 would be several times the result.
        own = weight.detach()[panel * variant.panel : (panel + 1) * variant.panel]
        transformed = both @ own.reshape(len(own) * in_channels, -1).to(torch.float64).T
        made[:, panel, :, : len(own)] = transformed.view(-1, len(own), in_channels).transpose(1, 2)
    return made


def _padded(bias: torch.Tensor | None, weight: torch.Tensor, variant: Variant) -> torch.Tensor:
    """The bias, or zeros, in whole vectors."""
    made = weight.new_zeros(-(-len(weight) // variant.lanes) * variant.lanes)
    if bias is not None:
        made[: len(bias)] = bias.detach()
    return made


def _tensor(matrix: Matrix) -> torch.Tensor:
    return torch.tensor([[float(v) for v in row] for row in matrix], dtype=torch.float64)
