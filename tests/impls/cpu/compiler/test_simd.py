"""Operations of the vector layer on memory and arithmetic, at every remainder, at all widths."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from impls.cpu.compiler.simd import native, vector
from tests.impls.cpu.compiler.operations import OUTSIDE, WIDTHS, compiled


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda w: f"{w[0]}x{w[1]}")
def kit(request: pytest.FixtureRequest) -> SimpleNamespace:
    dtype, lanes = request.param
    v = vector(dtype, lanes)
    functions = compiled(
        v,
        {
            "copy": "store(y, o, load(a, o))",
            "copy_first": "store_first(y, o, load_first(a, o, n), n)",
            "load_masked": "store(y, o, load_first(a, o, n))",
            "strided": "store(y, o, load_strided(a, o, n, 3))",
            "even": "store(y, o, load_even(a, o))",
            "spread": "store(y, o, broadcast(a, o))",
            "nothing": "store(y, o, zero())",
            "sum": "store(y, o, add(load(a, o), load(b, o)))",
            "difference": "store(y, o, sub(load(a, o), load(b, o)))",
            "product": "store(y, o, mul(load(a, o), load(b, o)))",
            "larger": "store(y, o, max(load(a, o), load(b, o)))",
            "scaled": "store(y, o, scale(load(a, o), 0.375))",
            "fused": "store(y, o, fma(load(a, o), load(b, o), load(y, o)))",
            "fused_scaled": "store(y, o, fma_scaled(load(a, o), 0.375, load(b, o)))",
            "fused_broadcast": "store(y, o, fma_broadcast(a, o, load(b, o), load(y, o)))",
            "summed": "store(y, o, splat(total(load(a, o))))",
        },
    )
    return SimpleNamespace(dtype=np.dtype(dtype), lanes=lanes, **functions)


def arrays(kit: SimpleNamespace, size: int = 64) -> tuple[np.ndarray[Any, Any], ...]:
    rng = np.random.default_rng(5)
    a, b = (rng.standard_normal(size).astype(kit.dtype) for _ in range(2))
    return a, b, np.full(size, OUTSIDE, kit.dtype)


def run(kit: SimpleNamespace, name: str, offset: int = 3, count: int = 0) -> tuple[np.ndarray[Any, Any], ...]:
    """Run one function; the lanes of a, b and y from `offset` on. Checks that the rest of y is unchanged."""
    a, b, y = arrays(kit)
    getattr(kit, name)(a.ctypes.data, b.ctypes.data, y.ctypes.data, offset, count)
    written = slice(offset, offset + kit.lanes)
    untouched = np.delete(y, np.arange(*written.indices(len(y))))
    assert (untouched == OUTSIDE).all()
    return a[written], b[written], y[written]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("copy", lambda a, b: a),
        ("spread", lambda a, b: np.full_like(a, a[0])),
        ("nothing", lambda a, b: np.zeros_like(a)),
        ("sum", lambda a, b: a + b),
        ("difference", lambda a, b: a - b),
        ("product", lambda a, b: a * b),
        ("larger", np.maximum),
        ("scaled", lambda a, b: a * a.dtype.type(0.375)),
        ("fused", lambda a, b: a * b + OUTSIDE),
        ("fused_scaled", lambda a, b: a * a.dtype.type(0.375) + b),
        ("fused_broadcast", lambda a, b: a[0] * b + OUTSIDE),
    ],
)
def test_lane_by_lane(kit: SimpleNamespace, name: str, expected: Callable[..., Any]) -> None:
    a, b, y = run(kit, name)
    np.testing.assert_allclose(y, expected(a, b), rtol=4 * np.finfo(kit.dtype).eps)


def test_remainders(kit: SimpleNamespace) -> None:
    for count in range(-1, kit.lanes + 2):
        inside = max(0, min(count, kit.lanes))
        a, _, y = run(kit, "copy_first", count=count)
        np.testing.assert_array_equal(y[:inside], a[:inside])
        assert (y[inside:] == OUTSIDE).all()
        a, _, y = run(kit, "load_masked", count=count)
        np.testing.assert_array_equal(y, np.where(np.arange(kit.lanes) < count, a, 0))


def test_masked_reads_stop_at_the_end_of_memory(kit: SimpleNamespace) -> None:
    """A read past the end of a mapped page would end the process."""
    libc = ctypes.CDLL(None)
    page = mmap.PAGESIZE
    area = mmap.mmap(-1, 2 * page)
    memory = np.frombuffer(area, dtype=kit.dtype)
    address = memory.ctypes.data
    assert libc.mprotect(ctypes.c_void_p(address + page), ctypes.c_size_t(page), 0) == 0
    try:
        _, b, y = arrays(kit)
        for count in range(kit.lanes + 1):
            end = page // kit.dtype.itemsize
            memory[end - count : end] = 1 + np.arange(count)
            kit.load_masked(address + page - count * kit.dtype.itemsize, b.ctypes.data, y.ctypes.data, 0, count)
            assert y[: kit.lanes].sum() == count * (count + 1) / 2
            y[: kit.lanes] = 0
        at = page // kit.dtype.itemsize - 2 * kit.lanes + 1
        kit.even(address + at * kit.dtype.itemsize, b.ctypes.data, y.ctypes.data, 0, 0)
    finally:
        libc.mprotect(ctypes.c_void_p(address + page), ctypes.c_size_t(page), 3)


def test_steps(kit: SimpleNamespace) -> None:
    a, b, y = arrays(kit)
    kit.even(a.ctypes.data, b.ctypes.data, y.ctypes.data, 5, 0)
    np.testing.assert_array_equal(y[5 : 5 + kit.lanes], a[5 : 5 + 2 * kit.lanes : 2])
    for count in range(kit.lanes + 1):
        kit.strided(a.ctypes.data, b.ctypes.data, y.ctypes.data, 5, count)
        np.testing.assert_array_equal(y[5 : 5 + count], a[5 : 5 + 3 * count : 3])
        assert (y[5 + count : 5 + kit.lanes] == 0).all()


def test_total(kit: SimpleNamespace) -> None:
    a, _, y = run(kit, "summed")
    np.testing.assert_allclose(y, a.sum(), rtol=1e-5 if kit.dtype.itemsize == 4 else 1e-13)


def test_a_missing_operation_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="load_bf16"):
        _ = native("float64").load_bf16
