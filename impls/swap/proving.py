"""Proves a swapped network on its example: each layer on its own tensors, and the output against the original's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from impls.errors import ConvError
from impls.registry import names
from impls.swap.convolution import SwappedConv2d, key_of
from impls.swap.folding import folded
from impls.swap.measuring import TORCH
from impls.swap.network import OptimizedNetwork, SwapProof, laid_out
from impls.swap.observing import case_of, watching
from impls.swap.proof import LayerProof, compared_channels, prove
from impls.swap.steps import ConvolutionStep, ProgramStep

# Without any swapped layer, folding and another layout alone change the last bits.
_EQUAL_RMS = 1e-5


def proven(fast: OptimizedNetwork, model: nn.Module, inputs: Sequence[Any]) -> SwapProof:
    """Prove each layer on the network's own tensors, and the output against the original's.

    Notes why nothing is fused, where the network's code cannot be followed. Raises ConvError with the layer that is
    not right.
    """
    layers, why = _followed(fast, inputs)
    if why is None:
        _require_right(layers)
        proof = _whole(fast, model, inputs, layers)
        if proof.output_rms <= proof.output_limit:
            return proof
        # Each layer is right: the code does something that torch.fx does not see.
        why = "followed by torch.fx, the module's code gives another result"
        fast.refuse(why)
    fast.notes = (*fast.notes, f"nothing is folded or fused: {why}")
    layers = _by_its_code(fast, inputs)
    _require_right(layers)
    proof = _whole(fast, model, inputs, layers)
    if not proof.output_rms <= proof.output_limit:
        raise ConvError(
            f"the outputs differ by {proof.output_rms:.3g} of their rms, more than the {proof.output_limit:.3g} that "
            f"the layers may; choose auto-safe, or one of {', '.join(names('cpu'))}"
        )
    return proof


def _followed(fast: OptimizedNetwork, inputs: Sequence[Any]) -> tuple[list[LayerProof], str | None]:
    """The proofs of the layers of the network's program, and why it has none."""
    proofs: list[LayerProof] = []

    def seen(step: ProgramStep, operands: list[Any], y: Any) -> None:
        if isinstance(step, ConvolutionStep) and step.implementation != TORCH:
            convolution = fast.network.get_submodule(step.layer)
            assert isinstance(convolution, nn.Conv2d)
            norm = None if step.norm is None else fast.network.get_submodule(step.norm)
            weight, bias = folded(convolution, norm, compared_channels(step.case))
            x, residual = (*operands, None)[:2]
            proofs.append(
                prove(step.layer, step.implementation, step.case, x, weight, bias, y, step.plan.epilogue, residual)
            )

    return proofs, fast.follow(inputs, seen)


def _by_its_code(fast: OptimizedNetwork, inputs: Sequence[Any]) -> list[LayerProof]:
    """The proofs of the layers as the network's own code calls them."""
    proofs: list[LayerProof] = []

    def seen(name: str, layer: nn.Conv2d, x: torch.Tensor, y: torch.Tensor) -> None:
        if isinstance(layer, SwappedConv2d) and key_of(x) in layer.keys:
            case = case_of(layer, x)
            weight, bias = folded(layer, None, compared_channels(case))
            proofs.append(prove(name, layer.implementation, case, x, weight, bias, y))

    with torch.no_grad(), watching(fast.network, seen):
        fast.network(*(laid_out(x, fast.choice.layout) for x in inputs))
    return proofs


def _require_right(proofs: Sequence[LayerProof]) -> None:
    wrong = next((proof for proof in proofs if not proof.is_right), None)
    if wrong is not None:
        raise ConvError(
            f"layer {wrong.layer} by {wrong.implementation} is not right: an error is {wrong.error_share:.3g} times "
            "what its bound allows; choose another implementation for it"
        )


def _whole(fast: OptimizedNetwork, model: nn.Module, inputs: Sequence[Any], layers: Sequence[LayerProof]) -> SwapProof:
    with torch.no_grad():
        off = difference(fast(*inputs), model(*inputs))
    return SwapProof(tuple(layers), off, max(sum(layer.rms_limit for layer in layers), _EQUAL_RMS))


def difference(found: Any, right: Any) -> float:
    """The largest relative rms difference of any tensor of two results."""
    if isinstance(right, torch.Tensor):
        exact = right.double()
        size = float(exact.square().mean().sqrt()) if exact.numel() else 0.0
        off = float((found.double() - exact).square().mean().sqrt()) if exact.numel() else 0.0
        return off / size if size > 0 else off
    if isinstance(right, Mapping):
        return max((difference(found[key], right[key]) for key in right), default=0.0)
    if isinstance(right, (tuple, list)):
        return max((difference(one, two) for one, two in zip(found, right, strict=True)), default=0.0)
    return 0.0
