"""Networks beside those of the zoo that tests list: MobileNet v2, and a segmentation net with dilation."""

from __future__ import annotations

import torch
from torch import nn

from bench.networks.zoo.mobilenet_v1 import normalised


class Inverted(nn.Module):
    """A block of MobileNet v2: wide inside, narrow outside (Sandler, Howard, and others, 2018)."""

    def __init__(self, before: int, channels: int, stride: int, expansion: int) -> None:
        super().__init__()
        inside = before * expansion
        self.body = nn.Sequential(
            *(normalised(before, inside, 1) if expansion > 1 else []),
            *normalised(inside, inside, 3, stride, groups=inside),
            *normalised(inside, channels, 1)[:2],
        )
        self.is_residual = stride == 1 and before == channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.body(x)
        return x + y if self.is_residual else y


def mobilenet_v2() -> nn.Module:
    layers = normalised(3, 32, 3, stride=2)
    before = 32
    for expansion, channels, number, stride in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):  # fmt: skip
        for block in range(number):
            layers.append(Inverted(before, channels, stride if block == 0 else 1, expansion))
            before = channels
    return nn.Sequential(
        *layers, *normalised(before, 1280, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000)
    )


class Segmentation(nn.Module):
    """Dilated branches side by side, then a transposed convolution back to the size of the image (as DeepLab)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.branches = nn.ModuleList(nn.Conv2d(16, 16, 3, padding=d, dilation=d) for d in (1, 2, 4))
        self.larger = nn.ConvTranspose2d(48, 5, 2, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.first(x))
        y: torch.Tensor = self.larger(torch.cat([branch(x) for branch in self.branches], 1))
        return y


class Everything(nn.Module):
    """Functional calls, shared weights, a branch on a shape, and convolutions that are not covered."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Conv2d(4, 4, 3, padding=1)
        self.weight = nn.Parameter(torch.zeros(6, 4, 1, 1))
        self.row = nn.Conv1d(6, 2, 3, padding=1, bias=False)
        self.volume = nn.Conv3d(1, 2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.shared(self.shared(x))
        if x.shape[-1] > 8:
            x = nn.functional.max_pool2d(x, 2)
        x = nn.functional.conv2d(x, self.weight)
        y: torch.Tensor = self.volume(x.unsqueeze(1)).sum() + self.row(x.flatten(2)).sum()
        return y
