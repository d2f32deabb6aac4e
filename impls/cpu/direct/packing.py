"""Weights and biases in the order in which the kernels of direct convolution read them."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from impls.cpu.direct.schedule import Schedule


def pack_weights(b: Schedule, weight: torch.Tensor) -> torch.Tensor:
    """Weights (K, C/g, KH, KW) in the order in which the path's kernel reads them; zeros fill up tiles."""
    s = b.shape
    w = weight.reshape(s.groups, s.out_channels, s.channels, s.kernel_h, s.kernel_w)
    if b.path in ("planes", "sliding-planes"):
        return w.contiguous()
    if b.path in ("channels", "sliding-channels"):
        lanes = w.flatten(0, 1)
        filled = F.pad(lanes, (0,) * 7 + (b.blocks * b.width - len(lanes),))
        return filled.view(b.blocks, b.width, *w.shape[2:]).permute(0, 3, 4, 2, 1).contiguous()
    size = b.width if b.path == "pixels" else b.rows
    filled = F.pad(w, (0,) * 7 + (b.blocks * size - s.out_channels, 0, 0))
    order = (0, 1, 4, 5, 3, 2) if b.channels_innermost else (0, 1, 3, 4, 5, 2)
    return filled.view(s.groups, b.blocks, size, *w.shape[2:]).permute(order).contiguous()


def pack_bias(b: Schedule, bias: torch.Tensor) -> torch.Tensor:
    """Biases (K,) in the order in which the path's kernel reads them; zeros fill up tiles."""
    s = b.shape
    if b.path in ("planes", "sliding-planes"):
        return bias.contiguous()
    if b.path in ("channels", "sliding-channels"):
        return F.pad(bias, (0, b.blocks * b.width - len(bias)))
    size = b.width if b.path == "pixels" else b.rows
    return F.pad(bias.reshape(s.groups, -1), (0, b.blocks * size - s.out_channels)).contiguous()
