"""`impls.optimize`: a network whose convolutions run chosen implementations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from impls.errors import ConvError
from impls.heap import trim_heap
from impls.interface import LAYOUTS
from impls.registry import get
from impls.swap.choice import SwapChoice
from impls.swap.choosing import by_one, fastest
from impls.swap.following import NotFollowed, shared_copy
from impls.swap.in_place import fastest_in_place
from impls.swap.measuring import expected_of, measured
from impls.swap.network import OptimizedNetwork, laid_out
from impls.swap.observing import calls_of, convolutions, why_not_swapped
from impls.swap.proving import proven
from impls.swap.swapping import swap

# Seconds for measuring all layers in both layouts.
_BUDGET_S = 30.0
_LEAST_BUDGET_S = 0.01


def optimize(
    model: nn.Module,
    example: torch.Tensor | Sequence[torch.Tensor],
    *,
    using: str | Path | SwapChoice = "auto",
    budget: float = _BUDGET_S,
) -> OptimizedNetwork:
    """A network like `model` whose convolutions run chosen implementations, proven right on `example`.

    `example` is one input, or a tuple of all. `using` is "auto" (the cost model chooses; nothing is measured),
    "measured" (the likeliest are timed here, in at most about `budget` seconds), the name of one implementation, or a
    SwapChoice or its file. The layout of the whole network is chosen too. Where torch.fx can follow the network's code,
    batch norms are folded into the convolutions before them, and additions and ReLUs behind them are part of their last
    write. Weights are shared with the model, which is not changed.

    Raises ConvError for a model in training mode or without convolutions, and for results that are not right;
    UnknownImplementation for an unknown name.
    """
    _require_network(model)
    inputs = (example,) if isinstance(example, torch.Tensor) else tuple(example)
    network = shared_copy(model)
    choice, notes = _chosen(network, inputs, using, budget)
    found = [*_left(network), *notes]
    calls = calls_of(network, [laid_out(x, choice.layout) for x in inputs])
    swapped = swap(network, choice, calls, found)
    fast = OptimizedNetwork(network, replace(choice, layers=swapped), tuple(found), inputs)
    fast.proof = proven(fast, model, inputs)
    # Plans that were compared, and references in float64, are several times as large as what stays.
    trim_heap()
    return fast


def _require_network(model: Any) -> None:
    if not isinstance(model, nn.Module):
        raise ConvError(f"model is a {type(model).__name__}; allowed: a torch.nn.Module")
    if model.training:
        raise ConvError("model is in training mode, and only eval mode is optimized; call model.eval() first")
    for name, part in model.named_modules():
        if part.training:
            raise ConvError(f"layer {name} is in training mode; call model.eval() first")
    if not any(isinstance(part, nn.Conv2d) for part in model.modules()):
        raise ConvError("model has no torch.nn.Conv2d; allowed: a network with some (calls of conv2d stay as they are)")


def _chosen(
    network: nn.Module, inputs: Sequence[Any], using: str | Path | SwapChoice, budget_s: float
) -> tuple[SwapChoice, list[str]]:
    """The choice that `using` means, and notes on it."""
    if isinstance(using, SwapChoice):
        return using, _unknown(network, using)
    if isinstance(using, Path) or str(using).endswith(".json"):
        loaded = SwapChoice.load(using)
        return loaded, _unknown(network, loaded)
    if using == "auto":
        return fastest(network, inputs, expected_of, "auto: expected by the cost model, not measured"), []
    if using == "measured":
        if not (math.isfinite(budget_s) and budget_s >= _LEAST_BUDGET_S):
            raise ConvError(f"budget is {budget_s!r} seconds; allowed: a number from {_LEAST_BUDGET_S:g} up")
        try:
            return fastest_in_place(network, inputs, budget_s), []
        except NotFollowed:
            # A note says why, once the network is made.
            cases = {call.case.problem for call in calls_of(network, inputs)}
            share_s = budget_s / (len(LAYOUTS) * max(1, len(cases)))
            alone = partial(measured, budget_s=share_s)
            return fastest(network, inputs, lambda new: list(map(alone, new)), "measured in one process"), []
    get(str(using))
    return by_one(network, inputs, str(using)), []


def _unknown(network: nn.Module, choice: SwapChoice) -> list[str]:
    """A note on layers of a choice that the network does not have. Raises ConvError if it has none of them."""
    missing = sorted(set(choice.layers) - set(convolutions(network)))
    if missing and len(missing) == len(choice.layers):
        raise ConvError(f"the choice is of another network: there is no convolution {', '.join(missing[:3])}")
    return [f"{name} is in the choice, and no convolution that can be swapped" for name in missing]


def _left(network: nn.Module) -> list[str]:
    """A note on each convolution that stays with torch because of what it is."""
    parts = ((name, why_not_swapped(part)) for name, part in network.named_modules())
    return [f"{name} stays with torch: {why}" for name, why in parts if why is not None]
