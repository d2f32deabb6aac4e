"""Transforms equal numpy's, for every kind of factor."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from impls.cpu.compiler.host import lanes_of
from impls.cpu.fft.kernels import transform_kernels
from impls.cpu.fft.passes import encoded, factors, twiddles


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("is_inverse", [False, True])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6, 8, 16, 25, 27, 30, 60, 540])
def test_a_transform_in_each_lane_equals_numpy(length: int, is_inverse: bool, dtype: str) -> None:
    lanes = lanes_of(dtype)
    x, y, other = (np.random.default_rng(n).standard_normal((length, 2, lanes)).astype(dtype) for n in range(3))
    kernel = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 8)(transform_kernels(dtype)[0])
    table = twiddles(length, dtype)
    parts = (lanes, 0) if is_inverse else (0, lanes)
    kernel(x.ctypes.data, y.ctypes.data, other.ctypes.data, *parts, table.ctypes.data, encoded(length), length)
    values = x[:, 0].astype(np.complex128) + 1j * x[:, 1]
    expected = np.fft.ifft(values, axis=0) * length if is_inverse else np.fft.fft(values, axis=0)
    scale = np.abs(expected).max()
    assert np.abs(y[:, 0] + 1j * y[:, 1] - expected).max() < 8 * np.finfo(dtype).eps * scale


def test_factors_are_radices_and_others_are_refused() -> None:
    assert factors(360) == (4, 5, 3, 3, 2)
    assert factors(1) == ()
    with pytest.raises(ValueError, match="a transform of 22 points has a factor above 5; allowed: products of 2, 3"):
        factors(22)
