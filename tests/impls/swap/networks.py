"""Small networks to swap, with batch norms whose statistics are not those of a new layer."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn


class Block(nn.Module):
    """Two convolutions with batch norms, and a shortcut around them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(channels, affine=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.norm2(self.second(torch.relu(self.norm(self.first(x)))))
        return torch.relu(x + y)


def block_net() -> nn.Module:
    torch.manual_seed(3)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), Block(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                        nn.Linear(8, 4))  # fmt: skip
    with torch.no_grad():
        for part in net.modules():
            if isinstance(part, nn.BatchNorm2d):
                assert part.running_mean is not None
                assert part.running_var is not None
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 2.0)
                if part.affine:
                    part.weight.uniform_(0.5, 1.5)
                    part.bias.normal_()
    return net.eval()


class Branching(nn.Module):
    """What runs after the convolution depends on a value, so that torch.fx cannot follow it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.conv(x)
        if y.sum() > 0:
            y = self.norm(y)
        return y


class TwoUses(nn.Module):
    """The convolution's output goes to the batch norm and to something else."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv(x)
        both: torch.Tensor = y + self.norm(y)
        return both


class CalledTwice(nn.Module):
    """One convolution, called twice, with its batch norm once."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.norm(self.conv(self.conv(x)))
        return y


class Following(nn.Module):
    """Two convolutions, a batch norm, and whatever `after` makes of their results."""

    def __init__(self, after: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.before = nn.Conv2d(3, 16, 3, padding=1)
        self.conv = nn.Conv2d(16, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        self.after = after

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.before(x)
        return self.after(y, self.norm(self.conv(y)))


def following(after: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> nn.Module:
    torch.manual_seed(5)
    net = Following(after)
    with torch.no_grad():
        assert net.norm.running_mean is not None
        net.norm.running_mean.normal_()
    return net.eval()
