"""VGG-16: nothing but 3 × 3 convolutions, more channels after each pooling (Simonyan, Zisserman, 2014)."""

from __future__ import annotations

from torch import nn

# Channels of the convolutions of each stage; a stage ends with pooling.
_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def convolutional_part() -> nn.Sequential:
    """All but the dense layers: colour images of 224 × 224 (N, 3, 224, 224) to maps (N, 512, 7, 7)."""
    layers: list[nn.Module] = []
    before = 3
    for stage in _STAGES:
        for channels in stage:
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
            before = channels
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def vgg_16() -> nn.Module:
    """Colour images of 224 × 224 (N, 3, 224, 224) to 1,000 classes (N, 1000)."""
    dense = [
        nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000),
    ]  # fmt: skip
    return nn.Sequential(*convolutional_part(), nn.Flatten(), *dense)
