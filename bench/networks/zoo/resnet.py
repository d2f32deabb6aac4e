"""ResNet-18 and ResNet-50: blocks whose input is added to their output (He, Zhang, Ren, Sun, 2015).

The shortcut is the identity; where sizes change it is a 1 × 1 convolution (option B). Stride 2 is in the first
convolution of a block, as in the paper.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

# Channels of the first convolutions of the four stages.
_CHANNELS = (64, 128, 256, 512)


class Residual(nn.Module):
    """Convolutions with batch norm, and the shortcut around them."""

    def __init__(self, before: int, channels: int, kernels: Sequence[int], widening: int, stride: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        sizes = [before, *(channels for _ in kernels[:-1]), channels * widening]
        for number, kernel in enumerate(kernels):
            layers += [nn.ReLU()] * (number > 0)
            layers += normalised(sizes[number], sizes[number + 1], kernel, stride if number == 0 else 1)
        self.body = nn.Sequential(*layers)
        changes = stride > 1 or before != sizes[-1]
        self.shortcut = nn.Sequential(*normalised(before, sizes[-1], 1, stride)) if changes else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


def normalised(before: int, channels: int, kernel: int, stride: int) -> list[nn.Module]:
    """A convolution without bias, and its batch norm, which has one."""
    return [
        nn.Conv2d(before, channels, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(channels),
    ]


def resnet_18() -> nn.Module:
    """Colour images of 224 × 224 (N, 3, 224, 224) to 1,000 classes (N, 1000); two 3 × 3 convolutions a block."""
    return _resnet((2, 2, 2, 2), kernels=(3, 3), widening=1)


def resnet_50() -> nn.Module:
    """Colour images of 224 × 224 (N, 3, 224, 224) to 1,000 classes (N, 1000); 1 × 1, 3 × 3, 1 × 1 a block."""
    return _resnet((3, 4, 6, 3), kernels=(1, 3, 1), widening=4)


def _resnet(blocks: Sequence[int], kernels: Sequence[int], widening: int) -> nn.Module:
    convolution, norm = normalised(3, 64, 7, stride=2)
    layers: dict[str, nn.Module] = {
        "conv1": convolution, "norm1": norm, "relu1": nn.ReLU(), "pool1": nn.MaxPool2d(3, 2, padding=1),
    }  # fmt: skip
    before = 64
    # Numbered as in the paper, where the first convolution is stage 1.
    for stage, (number, channels) in enumerate(zip(blocks, _CHANNELS, strict=True), 2):
        parts = []
        for block in range(number):
            stride = 2 if stage > 2 and block == 0 else 1
            parts.append(Residual(before, channels, kernels, widening, stride))
            before = channels * widening
        layers[f"stage{stage}"] = nn.Sequential(*parts)
    layers |= {"pool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten(), "dense": nn.Linear(before, 1000)}
    return nn.Sequential(OrderedDict(layers))
