"""Every operation of the vector layer, at every remainder, at widths of this host and of others."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from impls.cpu.compiler.generated import header, module
from impls.cpu.compiler.host import unit_of, vector_unit
from impls.cpu.compiler.simd import Vector, native, vector

WIDTHS = [("float32", 4), ("float32", 8), ("float32", 16), ("float64", 2), ("float64", 4), ("float64", 8)]
OUTSIDE = -7.0

Compiled = dict[str, Callable[..., Any]]


def compiled(v: Vector, names: dict[str, str], *more: str) -> Compiled:
    """Functions made of one statement each, over addresses a, b, y, an offset o and a count n."""
    text = [f"@kernel(5)\ndef {name}(a, b, y, o, n):\n    {body}\n" for name, body in names.items()]
    made = module("operations", header(v.dtype, v.lanes, v.operations, more) + "\n".join(text))
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 5)
    return {name: function(getattr(made, name).address) for name in names}


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
    """a, b, y's lanes behind `offset`, and whether all else of y was left alone."""
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
    """A read behind a mapped page would end the process."""
    import ctypes
    import mmap

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


@pytest.mark.parametrize(("dtype", "lanes"), WIDTHS)
def test_blocks_of_lanes_change_places(dtype: str, lanes: int) -> None:
    v = vector(dtype, lanes)
    sizes = [1 << k for k in range(lanes.bit_length() - 1)]
    names = {
        f"{kind}_{size}": f"store(y, 0, {kind}_blocks_{size}(load(a, 0), load(b, 0)))"
        for size in sizes
        for kind in ("even", "odd")
    }
    functions = compiled(v, names)
    a, b = np.arange(lanes, dtype=dtype), 100 + np.arange(lanes, dtype=dtype)
    for size in sizes:
        pairs = np.stack([a.reshape(-1, 2, size), b.reshape(-1, 2, size)])
        for number, kind in enumerate(("even", "odd")):
            y = np.zeros(lanes, dtype)
            functions[f"{kind}_{size}"](a.ctypes.data, b.ctypes.data, y.ctypes.data, 0, 0)
            np.testing.assert_array_equal(y, pairs[:, :, number].transpose(1, 0, 2).ravel())


@pytest.mark.parametrize(("dtype", "lanes"), WIDTHS)
def test_one_lane_spreads_over_its_block(dtype: str, lanes: int) -> None:
    v = vector(dtype, lanes)
    places = [(1 << k, lane) for k in range(lanes.bit_length() - 1) for lane in range(1 << k)]
    functions = compiled(
        v, {f"s_{size}_{lane}": f"store(y, 0, spread_{size}_{lane}(load(a, 0)))" for size, lane in places}
    )
    a = np.arange(lanes, dtype=dtype)
    for size, lane in places:
        y = np.zeros(lanes, dtype)
        functions[f"s_{size}_{lane}"](a.ctypes.data, 0, y.ctypes.data, 0, 0)
        np.testing.assert_array_equal(y, a.reshape(-1, size)[:, lane].repeat(size))


@pytest.mark.parametrize(("dtype", "lanes"), WIDTHS)
@pytest.mark.parametrize("step", [1, 2])
def test_lanes_are_picked_from_two_vectors(dtype: str, lanes: int, step: int) -> None:
    half, a = lanes // 2, np.arange(2 * lanes, dtype=dtype)

    def picked(first: int, run: int) -> np.ndarray[Any, Any]:
        body = f"store(y, 0, picked(load(a, 0), load(a, {lanes})))"
        pick = compiled(vector(dtype, lanes), {"pick": body}, f"picked = v.picked({first}, {step}, {run})")["pick"]
        y = np.zeros(lanes, dtype)
        pick(a.ctypes.data, 0, y.ctypes.data, 0, 0)
        return y

    # As one long run, as far as there are lanes to pick; as two, each in a vector of its own.
    there = a[1::step][:lanes]
    np.testing.assert_array_equal(picked(1, lanes)[: len(there)], there)
    each = max(1, half // step)
    two = picked(0, each)[: 2 * each]
    np.testing.assert_array_equal(two, np.concatenate([a[:lanes:step][:each], a[lanes::step][:each]]))


@pytest.mark.parametrize(("dtype", "lanes"), WIDTHS)
def test_lanes_from_to(dtype: str, lanes: int) -> None:
    functions = compiled(
        vector(dtype, lanes),
        {
            "some": "store(y, 0, load_lanes(a, 0, lanes_between(o, n)))",
            "strided": "store(y, 0, load_lanes_strided(a, 0, lanes_between(o, n), 2))",
            "every_second": f"store(y, 0, even(load(a, 0), load(a, {lanes - 1})))",
        },
    )
    a = 1 + np.arange(2 * lanes, dtype=dtype)
    y, numbers = np.zeros(lanes, dtype), np.arange(lanes)
    for low in range(-2, lanes + 3):
        for high in range(-2, lanes + 3):
            inside = (low <= numbers) & (numbers < high)
            functions["some"](a.ctypes.data, 0, y.ctypes.data, low, high)
            np.testing.assert_array_equal(y, np.where(inside, a[:lanes], 0))
            functions["strided"](a.ctypes.data, 0, y.ctypes.data, low, high)
            np.testing.assert_array_equal(y, np.where(inside, a[::2], 0))
    functions["every_second"](a.ctypes.data, 0, y.ctypes.data, 0, 0)
    np.testing.assert_array_equal(y, a[::2])


@pytest.mark.skipif(not vector_unit().has_bf16_dot, reason="needs AVX512-BF16")
def test_products_of_pairs_of_bf16() -> None:
    functions = compiled(
        vector("float32", 16), {"dot": "store(y, 0, dot_bf16_broadcast(a, o, load(b, 0), load(y, 0)))"}
    )
    generator = torch.Generator().manual_seed(3)
    a, b = (torch.randn(32, generator=generator).bfloat16() for _ in range(2))
    y = torch.ones(16)
    functions["dot"](a.data_ptr(), b.data_ptr(), y.data_ptr(), 5, 0)
    torch.testing.assert_close(y, 1 + b.float().view(16, 2) @ a[10:12].float())


_SHORT = {"bf16": torch.bfloat16, "fp16": torch.float16}
_AWKWARD = [
    0.0,
    -0.0,
    1.0,
    1 + 2**-8,
    1 + 3 * 2**-8,
    1 + 2**-11,
    3.1415927,
    -2.5e-3,
    6e4,
    1e-6,
    float("inf"),
    float("nan"),
]


@pytest.mark.parametrize("kind", ["bf16", "fp16"])
@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_16_bit_floats_round_as_torch_rounds(kind: str, lanes: int) -> None:
    functions = compiled(
        vector("float32", lanes),
        {
            "widen": f"store(y, 0, load_first_{kind}(a, o, n))",
            "widen_all": f"store(y, 0, load_{kind}(a, o))",
            "shorten": f"store_first_{kind}(y, o, load(a, 0), n)",
            "shorten_all": f"store_{kind}(y, o, load(a, 0))",
            "spread": f"store(y, 0, broadcast_{kind}(a, o))",
        },
    )
    values = torch.tensor((_AWKWARD * 3)[: 2 * lanes])
    short = values.to(_SHORT[kind])
    for count in range(lanes + 1):
        y = torch.full((lanes,), OUTSIDE)
        functions["widen"](short.data_ptr(), 0, y.data_ptr(), 1, count)
        expected = torch.cat([short[1 : 1 + count].float(), torch.zeros(lanes - count)])
        torch.testing.assert_close(y, expected, rtol=0, atol=0, equal_nan=True)
        z = torch.zeros(2 * lanes, dtype=_SHORT[kind])
        functions["shorten"](values.data_ptr(), 0, z.data_ptr(), 1, count)
        torch.testing.assert_close(z[1 : 1 + count], short[:count], rtol=0, atol=0, equal_nan=True)
        assert not z[1 + count :].any()
    y, z = torch.empty(lanes), torch.zeros(lanes, dtype=_SHORT[kind])
    functions["widen_all"](short.data_ptr(), 0, y.data_ptr(), 0, 0)
    torch.testing.assert_close(y, short[:lanes].float(), rtol=0, atol=0, equal_nan=True)
    functions["shorten_all"](values.data_ptr(), 0, z.data_ptr(), 0, 0)
    torch.testing.assert_close(z, short[:lanes], rtol=0, atol=0, equal_nan=True)
    functions["spread"](short.data_ptr(), 0, y.data_ptr(), 6, 0)
    torch.testing.assert_close(y, short[6].float().expand(lanes), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("features", "machine", "expected"),
    [
        ({"avx512f": True, "fma": True, "avx": True}, "x86_64", (64, 32, True)),
        ({"avx": True, "fma": True}, "x86_64", (32, 16, True)),
        ({"avx": True}, "x86_64", (32, 16, False)),
        ({}, "x86_64", (16, 16, False)),
        ({}, "aarch64", (16, 32, True)),
        ({}, "arm64", (16, 32, True)),
    ],
)
def test_vector_units(features: dict[str, bool], machine: str, expected: tuple[int, int, bool]) -> None:
    unit = unit_of(features, machine)
    assert (unit.bytes, unit.registers, unit.has_fma) == expected
    assert unit.lanes(4) == unit.bytes // 4


def test_an_operation_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="load_bf16"):
        _ = native("float64").load_bf16
