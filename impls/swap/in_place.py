"""Chooses implementations by timing them where they stand: in the network, one layer after the other.

A layer that is timed alone finds its weights in a cache. In a network the weights of all other layers pass through the
caches between two of its calls, so that transformed filters, several times as large as the weights, cost more than they
seem to. So the whole network runs by the likeliest implementation of each layer, by the second likeliest, and so on, in
turns, and each step is timed.
"""

from __future__ import annotations

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from impls.interface import LAYOUTS
from impls.registry import get
from impls.swap.building import program_of
from impls.swap.choice import SwapChoice
from impls.swap.choosing import LayerOption, most_plan_bytes, plan_bytes, within
from impls.swap.following import followed, shared_copy
from impls.swap.measuring import likeliest
from impls.swap.network import laid_out
from impls.swap.observing import SwapCall, calls_of
from impls.swap.program import Program
from impls.swap.steps import ConvolutionStep
from impls.swap.swapping import swap

_LEAST_ROUNDS, _MOST_ROUNDS = 3, 30


def fastest_in_place(network: nn.Module, inputs: Sequence[Any], budget_s: float, seed: int = 0) -> SwapChoice:
    """The fastest implementation of each layer in place, in the layout in which the whole network takes the least.

    Of `budget_s` each layout has half; planning is not counted, and no round begins after it. Raises NotFollowed for a
    network whose own code must run.
    """
    best: tuple[float, SwapChoice] | None = None
    for layout in LAYOUTS:
        laid = [laid_out(x, layout) for x in inputs]
        calls = calls_of(network, laid)
        # No name for the programs: those of one layout are gone before the other's are made.
        by_layer, others_s = _times(
            _programs(network, laid, layout, calls), laid, budget_s / len(LAYOUTS), random.Random(seed)
        )
        options = _options(by_layer, calls)
        chosen = within(options, most_plan_bytes(network))
        total_s = others_s + sum(options[layer][name].time_s for layer, name in chosen.items())
        if best is None or total_s < best[0]:
            best = total_s, SwapChoice(chosen, layout, "measured in place, in one process")
    assert best is not None, "there are layouts"
    return best[1]


def _programs(network: nn.Module, inputs: Sequence[Any], layout: str, calls: Sequence[SwapCall]) -> list[Program]:
    """Programs of the network by the likeliest implementation of each layer, by the second likeliest, and so on."""
    names: dict[str, list[str]] = {}
    for layer in dict.fromkeys(call.layer for call in calls):
        cases = [call.case for call in calls if call.layer == layer]
        names[layer] = [name for name in likeliest(cases[0]) if all(get(name).why_not(case) is None for case in cases)]
    graph = followed(network, inputs)
    programs = []
    for turn in range(max(map(len, names.values()), default=0)):
        choice = SwapChoice({layer: own[min(turn, len(own) - 1)] for layer, own in names.items() if own}, layout)
        swapped = shared_copy(network)
        swap(swapped, choice, calls, [])
        program = program_of(swapped, graph, [x.clone() for x in inputs], layout)
        with torch.no_grad():
            program.record([x.clone() for x in inputs])
        programs.append(program)
    return programs


def _times(
    programs: Sequence[Program], inputs: Sequence[Any], budget_s: float, rng: random.Random
) -> tuple[Mapping[str, Mapping[str, float]], float]:
    """The median seconds of each layer by each implementation, and of all other steps together."""
    taken: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    others: list[float] = []
    order, ends = list(programs), time.perf_counter() + budget_s
    for number in range(_MOST_ROUNDS):
        if number >= _LEAST_ROUNDS and time.perf_counter() > ends:
            break
        rng.shuffle(order)
        for program in order:
            with torch.no_grad():
                times_s = program.step_times_s(inputs)
            sums: dict[tuple[str, str], float] = defaultdict(float)
            for step, step_s in zip(program.steps, times_s, strict=True):
                if isinstance(step, ConvolutionStep):
                    sums[step.layer, step.implementation] += step_s
            for (layer, name), layer_s in sums.items():
                taken[layer][name].append(layer_s)
            others.append(sum(times_s) - sum(sums.values()))
    medians = {layer: {name: statistics.median(own) for name, own in found.items()} for layer, found in taken.items()}
    return medians, statistics.median(others) if others else 0.0


def _options(
    by_layer: Mapping[str, Mapping[str, float]], calls: Sequence[SwapCall]
) -> dict[str, dict[str, LayerOption]]:
    """For each layer its implementations, the fastest first, with the bytes of their plans."""
    found = {}
    for layer, times_s in by_layer.items():
        cases = [call.case for call in calls if call.layer == layer]
        options = {
            name: LayerOption(seconds, sum(plan_bytes(name, case) for case in cases))
            for name, seconds in sorted(times_s.items(), key=lambda item: item[1])
        }
        found[layer] = options
    return found
