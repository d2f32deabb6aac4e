"""Proves a swapped network on its example: each layer on its own tensors, and the output against the original's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from impls.errors import ConvError
from impls.registry import names
from impls.swap.convolution import SwappedConv2d, key_of
from impls.swap.network import OptimizedNetwork, SwapProof
from impls.swap.observing import case_of, watching
from impls.swap.proof import LayerProof, prove

# Without any swapped layer, folding and another layout alone change the last bits.
_EQUAL_RMS = 1e-5


def proven(fast: OptimizedNetwork, model: nn.Module, inputs: Sequence[Any]) -> SwapProof:
    """Prove each layer on the network's own tensors, and the output against the original's.

    Raises ConvError with the layer that is not right.
    """
    proofs: list[LayerProof] = []

    def seen(name: str, layer: nn.Conv2d, x: torch.Tensor, y: torch.Tensor) -> None:
        if isinstance(layer, SwappedConv2d) and key_of(x) in layer.keys:
            case = case_of(layer, x)
            proofs.append(prove(name, layer.implementation, case, x, layer.weight, layer.bias, y, layer.epilogue))

    with torch.no_grad():
        with watching(fast.network, seen):
            found = fast(*inputs)
        right = model(*inputs)
    wrong = next((proof for proof in proofs if not proof.is_right), None)
    if wrong is not None:
        raise ConvError(
            f"layer {wrong.layer} by {wrong.implementation} is not right: an error is {wrong.error_share:.3g} times "
            "what its bound allows; choose another implementation for it"
        )
    limit = sum(proof.rms_limit for proof in proofs)
    difference = _difference(found, right)
    if not difference <= max(limit, _EQUAL_RMS):
        raise ConvError(
            f"the outputs differ by {difference:.3g} of their rms, more than the {limit:.3g} that the layers may; "
            f"choose auto-safe, or one of {', '.join(names('cpu'))}"
        )
    return SwapProof(tuple(proofs), difference, max(limit, _EQUAL_RMS))


def _difference(found: Any, right: Any) -> float:
    """The largest relative rms difference of any tensor of two results."""
    if isinstance(right, torch.Tensor):
        exact = right.double()
        size = float(exact.square().mean().sqrt()) if exact.numel() else 0.0
        off = float((found.double() - exact).square().mean().sqrt()) if exact.numel() else 0.0
        return off / size if size > 0 else off
    if isinstance(right, Mapping):
        return max((_difference(found[key], right[key]) for key in right), default=0.0)
    if isinstance(right, (tuple, list)):
        return max((_difference(one, two) for one, two in zip(found, right, strict=True)), default=0.0)
    return 0.0
