"""Folds a batch norm into the convolution before it.

In eval mode a batch norm is y·s + t with s = γ/√(σ² + ε) and t = β − μ·s for each channel: the weights times s, and the
bias times s plus t, give the same result in one step.
"""

from __future__ import annotations

import torch
from torch import nn


def is_foldable(module: nn.Module) -> bool:
    """Whether the module is a batch norm of maps with fixed statistics."""
    return type(module) is nn.BatchNorm2d and module.running_mean is not None and module.running_var is not None


@torch.no_grad()
def folded(
    convolution: nn.Conv2d, norm: nn.Module | None, channels: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Weight and bias of a convolution followed by a batch norm; its own where there is no norm.

    With `channels`, those of these output channels alone.
    """
    # `.data` keeps the memory and not the tensor; kernels read memory, where a negative bit is not seen.
    weight, bias = convolution.weight.data.resolve_neg(), convolution.bias
    own = None if bias is None else bias.data.resolve_neg()
    if channels is not None:
        weight, own = weight[channels], None if own is None else own[channels]
    if norm is None:
        return weight, own
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    each = slice(None) if channels is None else channels
    # In float64: products and roots rounded once, when they are stored.
    scale = (norm.running_var[each].double() + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight[each].double()
    shift = -norm.running_mean[each].double() * scale
    if norm.bias is not None:
        shift = shift + norm.bias[each].double()
    if own is not None:
        shift = shift + own.double() * scale
    made = (weight.double() * scale.view(-1, 1, 1, 1)).to(weight.dtype)
    return made.contiguous(), shift.to(weight.dtype)
