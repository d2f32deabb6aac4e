"""Max pooling by our own kernel is torch's, to the last bit."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from impls.cpu.pooling.plan import max_pooling


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("shape", "kernel", "stride", "padding", "ceil_mode"),
    [
        ((1, 16, 14, 14), 3, 2, 1, False),
        ((2, 21, 9, 11), 2, 2, 0, True),
        ((1, 5, 7, 6), (3, 2), (1, 2), (1, 0), False),
        ((3, 40, 1, 1), 3, 2, 1, True),
    ],
)
def test_it_is_that_of_torch(
    shape: tuple[int, ...], kernel: int, stride: int, padding: int, ceil_mode: bool, dtype: torch.dtype
) -> None:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(2)).to(dtype)
    x[0, 0, 0, 0], x[0, -1, -1, -1] = float("nan"), float("-inf")
    dense = x.contiguous(memory_format=torch.channels_last)
    right = F.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil_mode)
    two = [(one, one) if isinstance(one, int) else one for one in (kernel, stride, padding)]
    write = max_pooling(
        shape, right.shape, str(dtype).removeprefix("torch."), kernel=two[0], stride=two[1], padding=two[2]
    )
    for threads in (1, 2, 5):
        y = torch.zeros(right.shape, dtype=dtype).contiguous(memory_format=torch.channels_last)
        write(dense, y, threads)
        assert torch.allclose(y, right, rtol=0, atol=0, equal_nan=True)
