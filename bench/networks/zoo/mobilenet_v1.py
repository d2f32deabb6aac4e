"""MobileNet v1: each 3 × 3 convolution is a depthwise one and a 1 × 1 one (Howard, Zhu, and others, 2017)."""

from __future__ import annotations

from torch import nn

# Channels and stride of each pair of layers.
_PAIRS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))


def mobilenet_v1() -> nn.Module:
    """Colour images of 224 × 224 (N, 3, 224, 224) to 1,000 classes (N, 1000)."""
    layers = normalised(3, 32, 3, stride=2)
    before = 32
    for channels, stride in _PAIRS:
        layers += normalised(before, before, 3, stride, groups=before)
        layers += normalised(before, channels, 1)
        before = channels
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000))
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            # With torch's own weights each layer shrinks its input, and after 27 the output no longer depends on the
            # image: K. He and others, "Delving Deep into Rectifiers", 2015, eq. 10.
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return net


def normalised(before: int, channels: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution without bias, its batch norm, and ReLU."""
    return [
        nn.Conv2d(before, channels, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    ]
