"""Convolution as products of spectra, tile by tile (overlap-save).

Source: A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", 3rd ed., section 8.7.3, on both axes. Tiles
overlap by the kernel's span less one; transforms, filters' spectra and workspace are as large as a tile, not as the
image. A cost model chooses the tile: small tiles overlap more, large tiles have longer transforms and exceed caches.
"""

from __future__ import annotations

import functools

import torch

from impls.by_torch import fft as by_torch
from impls.cpu.fft.geometry import filter_elements, geometry_of, plane_elements, shares_tiles
from impls.cpu.team import team
from impls.fft import Spectral
from impls.interface import Case
from impls.padding import extent
from impls.problem import ConvProblem
from impls.tiling import Tiling, cut, fast_length, least_length, transform_flops

# The most points of a tile on an axis, unless the kernel spans more: so the workspace does not grow with images.
_LARGEST = 256
# Candidate lengths differ by at least this share.
_STEP = 1 / 12


class FftTiled(Spectral):
    name = "fft-tiled"

    def tiling(self, case: Case) -> Tiling:
        return best_tiling(case)


@functools.lru_cache(maxsize=256)
def best_tiling(case: Case) -> Tiling:
    """The tiling that is cheapest by the cost model."""
    p = case.problem
    choices = [tiling(case, (height, width)) for height in _lengths(p, 0) for width in _lengths(p, 1)]
    return min(choices, key=lambda t: modelled_cost(case, t))


def tiling(case: Case, transform: tuple[int, int]) -> Tiling:
    """The tiling by transforms of this size; on CUDA in batches of about `_IN_FLIGHT_BYTES`, or of one row of tiles."""
    p = case.problem
    alone = cut(p, transform)
    if case.device == "cpu":
        return alone
    affordable = max(1, _IN_FLIGHT_BYTES // by_torch.row_bytes(case, alone))
    in_flight = (max(1, min(p.batch, affordable // alone.count[0])), min(alone.count[0], affordable))
    return cut(p, transform, in_flight)


def modelled_cost(case: Case, t: Tiling) -> float:
    """The cost of a call, in units of a product's FLOP."""
    return _cost_on_cpu(case, t) if case.device == "cpu" else _cost_on_cuda(case, t)


# Measured on two cores of an AMD EPYC (Zen 4, 1 MiB of second-level cache each, 32 MiB of third), in units of a
# product's FLOP: a FLOP of a transform, and a byte from the second-level cache, the third, and memory.
_TRANSFORM_FLOP = 2.5
_BYTE_FROM = ((512 * 1024, 0.5), (16 * 2**20, 1.6), (float("inf"), 6.4))


def _cost_on_cpu(case: Case, t: Tiling) -> float:
    """Products use whole vectors; every tile reads all filters, from the nearest cache that holds them."""
    p, size, workers = case.problem, case.numbers.bytes, team(case, torch.get_num_threads())
    g = geometry_of(case, t)
    filters, planes = filter_elements(g), plane_elements(g) * (p.in_channels + p.out_channels)
    tiles = t.tiles(p)
    moved = size * (filters + 2 * planes)
    byte = next(cost for room, cost in _BYTE_FROM if moved <= room)
    whole_rounds = 1.0 if shares_tiles(case, t, workers) else -(-tiles // workers) * workers / max(1, tiles)
    # A complex multiply–add, 8 FLOPs, uses one complex number, 2 elements, of a filter.
    products = tiles * 4 * filters
    return whole_rounds * (products + _TRANSFORM_FLOP * transform_flops(p, t) + byte * tiles * moved)


# Bytes of tiles that are transformed together, enough to fill a GPU. Then the cost in FLOPs of a byte, and of a batch
# with its dozen launches: from data sheets, not measured.
_IN_FLIGHT_BYTES = 256 * 2**20
_CUDA_BYTE, _CUDA_BATCH = 16.0, 1e9


def _cost_on_cuda(case: Case, t: Tiling) -> float:
    work = by_torch.work_of(case, t)
    assert work.flops is not None
    assert work.bytes_moved is not None
    batches = -(-case.problem.batch // t.in_flight[0]) * -(-t.count[0] // t.in_flight[1])
    return work.flops + _CUDA_BYTE * work.bytes_moved + _CUDA_BATCH * batches


def _lengths(p: ConvProblem, axis: int) -> list[int]:
    """Candidate transform lengths: fast ones, up to the one that covers the whole axis."""
    most = fast_length(least_length(p, axis))
    at = fast_length(extent(p.kernel[axis], p.dilation[axis]))
    largest = max(_LARGEST, fast_length(2 * at))
    lengths = []
    while at < most and at <= largest:
        lengths.append(at)
        at = fast_length(at + max(1, round(at * _STEP)))
    return [*lengths, most] if most <= largest or not lengths else lengths
