"""Two ways to take a convolution apart, one after the other, each beside what it takes the place of.

A k × k kernel of rank one is a column times a row: k × 1, then 1 × k (as the Gaussian blur). A kernel over all channels
is split into a depthwise one, which joins pixels, and a 1 × 1 one, which joins channels (L. Sifre, "Rigid-Motion
Scattering for Image Classification", 2014). `convcost network separable` shows what each costs.
"""

from __future__ import annotations

from torch import nn

_CHANNELS = 64
_KERNEL = 7


def separable() -> nn.Module:
    """Colour images of 56 × 56 (N, 3, 56, 56) to 10 classes (N, 10)."""
    c, k, p = _CHANNELS, _KERNEL, _KERNEL // 2
    return nn.Sequential(
        nn.Conv2d(3, c, 3, padding=1), nn.ReLU(),
        # Whole: k·k·c·c weights.
        nn.Conv2d(c, c, k, padding=p), nn.ReLU(),
        # In space: 2·k·c·c weights.
        nn.Conv2d(c, c, (k, 1), padding=(p, 0)), nn.Conv2d(c, c, (1, k), padding=(0, p)), nn.ReLU(),
        # Depthwise: k·k·c + c·c weights.
        nn.Conv2d(c, c, k, padding=p, groups=c), nn.Conv2d(c, c, 1), nn.ReLU(),
        # Both: 2·k·c + c·c weights.
        nn.Conv2d(c, c, (k, 1), padding=(p, 0), groups=c), nn.Conv2d(c, c, (1, k), padding=(0, p), groups=c),
        nn.Conv2d(c, c, 1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, 10),
    )  # fmt: skip
