"""Convolutions that a plan cache keeps plans for, and checks of their results."""

from __future__ import annotations

from typing import Any

import numba
import torch
import torch.nn.functional as F

import impls

X, B = torch.randn(1, 4, 9, 8), torch.randn(6)
# When Numba starts its threads it also sets torch's number of threads, which is part of a plan.
numba.get_num_threads()


def weights() -> torch.Tensor:
    return torch.randn(6, 4, 3, 3)


def check(
    w: torch.Tensor, b: torch.Tensor | None = None, x: torch.Tensor = X, name: str = "im2col", **more: Any
) -> None:
    """Call conv2d and compare its result with torch's."""
    with torch.no_grad():
        y, right = impls.conv2d(x, w, b, implementation=name, **more), F.conv2d(x, w, b, **more)
    torch.testing.assert_close(y, right, atol=1e-3, rtol=1e-3)


def counts() -> tuple[int, int, int]:
    """Hits, misses and plans of the cache."""
    info = impls.plan_cache_info()
    return info.hits, info.misses, info.plans
