"""Chooses an implementation for each convolution of a network, and the layout of all of its tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import nn

from impls.interface import LAYOUTS, Case
from impls.registry import get
from impls.swap.choice import SwapChoice
from impls.swap.network import laid_out
from impls.swap.observing import SwapCall, calls_of

# The seconds of each implementation on each of some cases, fastest first.
TimesOf: TypeAlias = Callable[[Sequence[Case]], Sequence[Mapping[str, float]]]
# The bytes that all plans may take, over those of the network's parameters and buffers: with as much for its maps, the
# swapped network takes at most one and a half times the memory of the original beside it. Filters transformed by
# Winograd with tiles of 6 are seven times as large as the weights.
MOST_PLAN_BYTES = 1.5


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
    """The fastest implementation of each layer, in the layout in which all layers together take the least.

    Where all plans together would take more than `MOST_PLAN_BYTES` of the network's own bytes, some layers are computed
    by others that need less: those that lose the least time for it.
    """
    known: dict[Case, Mapping[str, float]] = {}
    limit = most_plan_bytes(network)
    best: tuple[float, SwapChoice] | None = None
    for layout in LAYOUTS:
        calls = calls_of(network, [laid_out(x, layout) for x in inputs])
        new = [case for case in dict.fromkeys(call.case for call in calls) if case not in known]
        known.update(zip(new, times_of(new), strict=True))
        options = _options(calls, known)
        chosen = within(options, limit)
        total_s = sum(options[layer][name].time_s for layer, name in chosen.items())
        if best is None or total_s < best[0]:
            best = total_s, SwapChoice(chosen, layout, origin)
    assert best is not None, "there are layouts"
    return best[1]


def most_plan_bytes(network: nn.Module) -> float:
    """The bytes that all plans of a network may take."""
    return MOST_PLAN_BYTES * sum(one.nbytes for one in (*network.parameters(), *network.buffers()))


@dataclass(frozen=True, slots=True)
class LayerOption:
    """What a layer takes by one implementation: the time of all its calls, and the bytes of its plans."""

    time_s: float
    plan_bytes: int


def _options(calls: Sequence[SwapCall], known: Mapping[Case, Mapping[str, float]]) -> dict[str, dict[str, LayerOption]]:
    """For each layer its implementations, the fastest first; a layer that none computes is left out."""
    found: dict[str, dict[str, LayerOption]] = {}
    for layer in dict.fromkeys(call.layer for call in calls):
        cases = [call.case for call in calls if call.layer == layer]
        shared = set(known[cases[0]]).intersection(*(known[case] for case in cases[1:]))
        options = {
            name: LayerOption(sum(known[case][name] for case in cases), sum(plan_bytes(name, case) for case in cases))
            for name in shared
        }
        if options:
            found[layer] = dict(sorted(options.items(), key=lambda item: item[1].time_s))
    return found


def plan_bytes(name: str, case: Case) -> int:
    """The bytes of a plan; those of the weights, folded, where it is not known to take any."""
    return get(name).work(case).plan_bytes or case.problem.parameters * case.numbers.bytes


def within(options: Mapping[str, Mapping[str, LayerOption]], limit_bytes: float) -> dict[str, str]:
    """The fastest implementation of each layer, exchanged where the plans together exceed the limit."""
    chosen = {layer: next(iter(own)) for layer, own in options.items()}
    total = sum(options[layer][name].plan_bytes for layer, name in chosen.items())
    while total > limit_bytes:
        exchanges = [
            ((other.time_s - now.time_s) / (now.plan_bytes - other.plan_bytes), layer, name)
            for layer, own in options.items()
            for now in (own[chosen[layer]],)
            for name, other in own.items()
            if other.plan_bytes < now.plan_bytes
        ]
        if not exchanges:
            break
        _, layer, name = min(exchanges)
        total -= options[layer][chosen[layer]].plan_bytes - options[layer][name].plan_bytes
        chosen[layer] = name
    return chosen
