"""Worked examples with known answers: every implementation reproduces each example that it supports."""

from __future__ import annotations

import pytest
import torch

import impls

BINARY = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
CROSS = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
LAPLACIAN = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
HILLS = [[6, 2, 3, 1, 0], [9, 5, 1, 1, 3], [2, 6, 5, 8, 7], [3, 4, 4, 8, 3]]
STEP = [[8, 5, 2], [7, 5, 3], [9, 4, 1]]
GRADIENT = [[-1, 0, 1]] * 3
SQUARE = [[8, 7, 4], [5, 9, 1], [2, 3, 6]]
RAMP = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
NINTH = [[1 / 9] * 3] * 3

EXAMPLES = [
    ("binary, stride 1", BINARY, CROSS, {}, [[4, 3, 4], [2, 4, 3], [2, 3, 4]]),
    ("binary, stride 2", BINARY, CROSS, {"stride": 2}, [[4, 4], [2, 4]]),
    ("Laplacian", HILLS, LAPLACIAN, {}, [[-2, 10, 9], [-8, -1, -11]]),
    ("cross-correlation", STEP, GRADIENT, {}, [[-18]]),
    ("true convolution", STEP, [row[::-1] for row in GRADIENT[::-1]], {}, [[18]]),
    ("mean filter", SQUARE, NINTH, {}, [[5]]),
    ("identity row", RAMP, [[0, 1, 0]], {"padding": "same"}, RAMP),
    ("shift row", RAMP, [[1, 0, 0]], {"padding": "same"}, [[0, 1, 2], [0, 4, 5], [0, 7, 8]]),
    ("blur row", [[3, 3, 3]], [[1 / 3] * 3], {"padding": "same"}, [[2, 3, 2]]),
    ("identity kernel", RAMP, [[0, 0, 0], [0, 1, 0], [0, 0, 0]], {"padding": 1}, RAMP),
    ("sharpen", RAMP, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], {}, [[5]]),
    ("edge detect", RAMP, [[0, -1, 0], [-1, 4, -1], [0, -1, 0]], {}, [[0]]),
    ("Sobel x", RAMP, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], {}, [[8]]),
    ("Sobel y", RAMP, [[-1, -2, -1], [0, 0, 0], [1, 2, 1]], {}, [[24]]),
    ("impulse gives the flipped kernel", [[0, 0, 0], [0, 1, 0], [0, 0, 0]], RAMP, {"padding": 1},
     [row[::-1] for row in RAMP[::-1]]),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["fp32", "fp64"])
@pytest.mark.parametrize("name", impls.names("cpu"))
@pytest.mark.parametrize("example", EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_worked_example_is_reproduced(example: tuple, name: str, dtype: torch.dtype) -> None:  # type: ignore[type-arg]
    _, image, kernel, arguments, expected = example
    x, w = (torch.tensor([[values]], dtype=dtype) for values in (image, kernel))
    try:
        y = impls.conv2d(x, w, **arguments, implementation=name)
    except impls.Unsupported:
        if name in ("direct", "loops", "im2col", "fft"):
            raise
        return
    torch.testing.assert_close(y, torch.tensor([[expected]], dtype=dtype), rtol=0, atol=3e-5)


def test_twelve_kernels_give_twelve_channels() -> None:
    y = impls.conv2d(torch.zeros(1, 3, 32, 32), torch.zeros(12, 3, 6, 6), stride=2, padding="valid")
    assert y.shape == (1, 12, 14, 14)
