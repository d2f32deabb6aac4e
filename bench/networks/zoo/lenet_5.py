"""LeNet-5: three convolutions with pooling between them, then dense layers (LeCun, Bottou, Bengio, Haffner, 1998).

Differences from the paper: C3 joins all maps, pooling has no weights of its own, and ReLU takes the place of tanh.
"""

from __future__ import annotations

from torch import nn


def lenet_5() -> nn.Module:
    """Grey images of 32 × 32 (N, 1, 32, 32) to 10 classes (N, 10)."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5), nn.ReLU(),
        nn.Flatten(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
