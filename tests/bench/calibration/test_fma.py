"""The kernels do the work that their FLOPs and bytes count."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bench.calibration import bandwidth, fma

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [np.float32, np.float64])
@pytest.mark.parametrize("width", fma.KERNELS)
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_fma_chains_compute_every_step(width: int, number: type[np.floating], steps: int) -> None:
    """All values are exact: halves of small whole numbers."""
    values = [float(chain) for chain in range(fma.CHAINS[width])]
    for _ in range(steps):
        values = [value * 0.5 + 1.0 for value in values]
    lanes = width // number().itemsize
    assert fma.KERNELS[width](steps, number(0.5), number(1.0)) == lanes * sum(values)


@pytest.mark.parametrize(("width", "size", "flops"), [(64, 4, 2 * 24 * 16), (64, 8, 2 * 24 * 8), (32, 4, 2 * 12 * 8)])
def test_flops_count_two_per_fma_and_lane(width: int, size: int, flops: int) -> None:
    assert fma.flops(width, size, 1_000) == 1_000 * flops


@pytest.mark.parametrize(
    ("features", "machine", "width"),
    [
        ({"avx512f": True, "fma": True, "avx2": True}, "x86_64", 64),
        ({"avx512f": False, "fma": True, "avx2": True}, "AMD64", 32),
        ({"avx2": False, "fma": False, "sse2": True}, "x86_64", None),
        ({}, "x86_64", None),
        ({}, "aarch64", 16),
        ({}, "arm64", 16),
        ({}, "riscv64", None),
    ],
)
def test_vectors_are_those_of_the_host(features: dict[str, bool], machine: str, width: int | None) -> None:
    assert fma.vector_bytes(features, machine) == width


def test_the_width_of_this_host_has_a_kernel() -> None:
    assert fma.vector_bytes() in (*fma.KERNELS, None)


def test_the_triad_and_the_sum_are_computed() -> None:
    a, b, c = bandwidth.arrays_in(bandwidth.private_memory(3 * 8 * 1_000), 3 * 8 * 1_000, 3)
    b[:], c[:] = np.arange(b.size), 2.0
    bandwidth.triad(a, b, c, 2)
    assert (a == b + 1.0).all()
    assert bandwidth.read(b, 3) == 3 * sum(range(b.size))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("total_bytes", [0, 100, 24 * 1024, 1_000_000])
def test_private_arrays_start_on_cache_lines_and_do_not_overlap(total_bytes: int, count: int) -> None:
    memory = bandwidth.private_memory(total_bytes)
    arrays = bandwidth.arrays_in(memory, total_bytes, count)
    assert {a.size for a in arrays} == {len(arrays[0])}
    assert arrays[-1].ctypes.data + arrays[-1].nbytes <= memory.ctypes.data + memory.nbytes
    assert [a.ctypes.data % 64 for a in arrays] == [0] * count
    assert len({a.nbytes for a in arrays}) == 1
    assert arrays[0].nbytes == max(64, total_bytes // count // 64 * 64)
    assert all(x.ctypes.data + x.nbytes < y.ctypes.data for x, y in itertools.pairwise(arrays))
