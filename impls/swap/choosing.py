"""Chooses an implementation for each convolution of a network, and the layout of all of its tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from torch import nn

from impls.interface import LAYOUTS, Case
from impls.registry import get
from impls.swap.choice import SwapChoice
from impls.swap.network import laid_out
from impls.swap.observing import SwapCall, calls_of

# The seconds of each implementation on a case, fastest first.
TimesOf: TypeAlias = Callable[[Case], Mapping[str, float]]


def by_one(network: nn.Module, inputs: Sequence[Any], name: str) -> SwapChoice:
    """One implementation for all layers that it computes, in the layout in which it computes most of them."""
    best: SwapChoice | None = None
    for layout in LAYOUTS:
        calls = calls_of(network, [laid_out(x, layout) for x in inputs])
        able = {call.layer: name for call in calls if get(name).why_not(call.case) is None}
        for call in calls:
            if get(name).why_not(call.case) is not None:
                able.pop(call.layer, None)
        if best is None or len(able) > len(best.layers):
            best = SwapChoice(able, layout, f"{name} wherever it computes the layer")
    assert best is not None, "there are layouts"
    return best


def fastest(network: nn.Module, inputs: Sequence[Any], times_of: TimesOf, origin: str) -> SwapChoice:
    """The fastest implementation of each layer, in the layout in which all layers together take the least."""
    known: dict[Case, Mapping[str, float]] = {}
    best: tuple[float, SwapChoice] | None = None
    for layout in LAYOUTS:
        calls = calls_of(network, [laid_out(x, layout) for x in inputs])
        for call in calls:
            if call.case not in known:
                known[call.case] = times_of(call.case)
        chosen, total_s = _best_of(calls, known)
        if best is None or total_s < best[0]:
            best = total_s, SwapChoice(chosen, layout, origin)
    assert best is not None, "there are layouts"
    return best[1]


def _best_of(calls: Sequence[SwapCall], known: Mapping[Case, Mapping[str, float]]) -> tuple[dict[str, str], float]:
    """For each layer the implementation with the least time over its cases, and the time of all layers."""
    chosen: dict[str, str] = {}
    total_s = 0.0
    for layer in dict.fromkeys(call.layer for call in calls):
        cases = [call.case for call in calls if call.layer == layer]
        shared = set(known[cases[0]]).intersection(*(known[case] for case in cases[1:]))
        if shared:
            name, seconds = min(
                ((name, sum(known[case][name] for case in cases)) for name in shared), key=lambda item: item[1]
            )
            chosen[layer] = name
            total_s += seconds
    return chosen, total_s
