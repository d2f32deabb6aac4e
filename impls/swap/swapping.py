"""Puts layers that run chosen plans in place of the convolutions of a network."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from impls.errors import Unsupported
from impls.registry import get
from impls.swap.choice import SwapChoice
from impls.swap.convolution import SwappedConv2d
from impls.swap.measuring import TORCH
from impls.swap.observing import SwapCall, convolutions


def swap(network: nn.Module, choice: SwapChoice, calls: Sequence[SwapCall], notes: list[str]) -> dict[str, str]:
    """Put the chosen layers in place, under all their names; returns those that were, and notes why others were not."""
    layers = convolutions(network)
    swapped: dict[str, str] = {}
    for layer, name in choice.layers.items():
        own = [call for call in calls if call.layer == layer]
        if name == TORCH or layer not in layers or not own:
            continue
        implementation = get(name)
        able = [call for call in own if implementation.why_not(call.case) is None]
        refused = [call for call in own if call not in able]
        if refused:
            reason = Unsupported(name, implementation.why_not(refused[0].case) or "")
            notes.append(f"{layer} stays with torch for {refused[0].case.problem.descriptor}: {reason}")
        if able:
            conv = layers[layer]
            made = SwappedConv2d.of(conv, name, frozenset(call.key for call in able)).eval()
            for place in [n for n, part in network.named_modules(remove_duplicate=False) if part is conv]:
                network.set_submodule(place, made)
            swapped[layer] = name
    return swapped
