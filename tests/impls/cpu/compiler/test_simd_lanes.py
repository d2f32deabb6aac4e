"""Operations of the vector layer that move lanes: blocks, spreads, picks and ranges, at all widths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impls.cpu.compiler.simd import vector
from tests.impls.cpu.compiler.operations import WIDTHS, compiled


@pytest.mark.parametrize(("dtype", "lanes"), WIDTHS)
def test_blocks_of_lanes_are_exchanged(dtype: str, lanes: int) -> None:
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
def test_one_lane_is_copied_over_its_block(dtype: str, lanes: int) -> None:
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

    # As one long run, as far as there are lanes to pick; as two runs, each in a vector of its own.
    there = a[1::step][:lanes]
    np.testing.assert_array_equal(picked(1, lanes)[: len(there)], there)
    each = max(1, half // step)
    two = picked(0, each)[: 2 * each]
    np.testing.assert_array_equal(two, np.concatenate([a[:lanes:step][:each], a[lanes::step][:each]]))


@pytest.mark.parametrize(("dtype", "lanes"), WIDTHS)
def test_every_second_lane_of_two_vectors_is_put_in_order(dtype: str, lanes: int) -> None:
    both = f"(load(a, 0), load(a, {lanes}))"
    names = {f"{name}_ones": f"store(y, 0, in_order({name}_lanes{both}))" for name in ("even", "odd")}
    functions = compiled(vector(dtype, lanes), names)
    a, y = np.arange(2 * lanes, dtype=dtype), np.zeros(lanes, dtype)
    for first, name in enumerate(names):
        functions[name](a.ctypes.data, 0, y.ctypes.data, 0, 0)
        np.testing.assert_array_equal(y, a[first::2])


@pytest.mark.parametrize(("dtype", "lanes"), WIDTHS)
def test_ranges_of_lanes_are_read(dtype: str, lanes: int) -> None:
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
