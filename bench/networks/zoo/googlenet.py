"""GoogLeNet: blocks of four branches side by side, whose outputs are joined (Szegedy, Liu, and others, 2014).

The 1 × 1 convolutions before the large kernels make their channels fewer. The auxiliary classifiers are left out.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn


class Inception(nn.Module):
    """Four branches: 1 × 1; 1 × 1 and 3 × 3; 1 × 1 and 5 × 5; pooling and 1 × 1."""

    def __init__(self, before: int, one: int, three: tuple[int, int], five: tuple[int, int], pooled: int) -> None:
        super().__init__()
        self.one = convolution(before, one, 1)
        self.three = nn.Sequential(convolution(before, three[0], 1), convolution(*three, 3))
        self.five = nn.Sequential(convolution(before, five[0], 1), convolution(*five, 5))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, padding=1), convolution(before, pooled, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((self.one(x), self.three(x), self.five(x), self.pooled(x)), 1)


def convolution(before: int, channels: int, kernel: int, stride: int = 1) -> nn.Module:
    """A convolution of the same size, with ReLU."""
    return nn.Sequential(nn.Conv2d(before, channels, kernel, stride, padding=kernel // 2), nn.ReLU())


def googlenet() -> nn.Module:
    """Colour images of 224 × 224 (N, 3, 224, 224) to 1,000 classes (N, 1000)."""
    return nn.Sequential(
        OrderedDict(
            conv1=convolution(3, 64, 7, stride=2), pool1=nn.MaxPool2d(3, 2, padding=1),
            conv2_reduce=convolution(64, 64, 1), conv2=convolution(64, 192, 3), pool2=nn.MaxPool2d(3, 2, padding=1),
            inception_3a=Inception(192, 64, (96, 128), (16, 32), 32),
            inception_3b=Inception(256, 128, (128, 192), (32, 96), 64), pool3=nn.MaxPool2d(3, 2, padding=1),
            inception_4a=Inception(480, 192, (96, 208), (16, 48), 64),
            inception_4b=Inception(512, 160, (112, 224), (24, 64), 64),
            inception_4c=Inception(512, 128, (128, 256), (24, 64), 64),
            inception_4d=Inception(512, 112, (144, 288), (32, 64), 64),
            inception_4e=Inception(528, 256, (160, 320), (32, 128), 128), pool4=nn.MaxPool2d(3, 2, padding=1),
            inception_5a=Inception(832, 256, (160, 320), (32, 128), 128),
            inception_5b=Inception(832, 384, (192, 384), (48, 128), 128),
            pool5=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), dropout=nn.Dropout(0.4), dense=nn.Linear(1024, 1000),
        )
    )  # fmt: skip
