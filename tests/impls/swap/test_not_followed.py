"""Networks whose code torch.fx cannot follow, and sizes that depend on values."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.impls.swap.test_program import require_same, swapped


class Keeps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.seen: list[Any] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(self.conv(x))
        last: torch.Tensor = self.seen[-1]
        return last


class Constant(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.conv(x) * torch.ones(4, 1, 1)
        return y


class Optional(Constant):
    def forward(self, x: torch.Tensor, scale: float = 2.0) -> torch.Tensor:
        y: torch.Tensor = self.conv(x) * scale
        return y


class Hidden(Constant):
    """Changes in place what it had named before, which torch.fx takes for a new value."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = before = self.conv(x)
        y += 1.0
        both: torch.Tensor = y + before
        return both


class Sizes(nn.Module):
    """How many pixels there are depends on values."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = x[:, :, torch.nonzero(x[0, 0, :, 0] > 0).flatten()]
        y: torch.Tensor = self.second(kept).sum((2, 3)) + self.first(x).sum((2, 3))
        return y


@pytest.mark.parametrize(
    ("net", "why"),
    [
        (Keeps(), "its code keeps values of one call in attributes"),
        (Constant(), "its code makes tensors that depend on no input"),
        (Hidden(), "followed by torch.fx, the module's code gives another result"),
        (Optional(), "its forward takes x, scale, and the example gives other arguments"),
    ],
)
def test_code_that_cannot_be_followed_runs_itself(net: nn.Module, why: str) -> None:
    fast = swapped(net.eval())
    assert fast.notes == (f"nothing is folded or fused: {why}",)
    assert fast.program is None
    require_same(fast, net)


def test_sizes_that_depend_on_values_are_noticed() -> None:
    net = Sizes().eval()
    fast = swapped(net)
    assert fast.program is not None
    require_same(fast, net)
    require_same(fast, net)
