"""Chooses implementations by timing them in this process, side by side, on the cases of a network.

This is a quick choice, not a measurement to publish: `convcost network` times the same layers in processes of their
own, with intervals, and writes its choice to a file that `impls.optimize` takes.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence

import torch

from impls.auto import expected_times_of
from impls.cost_model.model import built_in
from impls.errors import ConvError
from impls.interface import Case
from impls.planning import prepare
from impls.registry import get
from impls.tensors import dtype_of, in_layout

TORCH = "torch"
# Of those that the cost model knows, so many are timed, fastest first, beside torch.
_CANDIDATES = 4
_WARM_UP, _LEAST_ROUNDS, _MOST_ROUNDS = 2, 3, 15


def expected(case: Case) -> dict[str, float]:
    """The seconds that the cost model expects of each implementation, fastest first; none on a GPU."""
    return expected_of([case])[0]


def expected_of(cases: Sequence[Case]) -> list[dict[str, float]]:
    """As `expected`, for each case."""
    known = iter(expected_times_of([case for case in cases if case.device == "cpu"], built_in()))
    times = [next(known) if case.device == "cpu" else {} for case in cases]
    return [{name: time.time_s for name, time in one.items()} for one in times]


def likeliest(case: Case) -> list[str]:
    """The implementations worth timing: the fastest by the cost model, and torch."""
    return list(dict.fromkeys([*list(expected(case))[:_CANDIDATES], TORCH]))


def measured(case: Case, budget_s: float, seed: int = 0) -> dict[str, float]:
    """The median seconds of a call of the likeliest implementations and of torch, on random data; fastest first.

    After `budget_s` no further round begins. One that cannot plan or run is left out.
    """
    names = likeliest(case)
    generator = torch.Generator().manual_seed(seed)
    x = in_layout(torch.randn(case.problem.input_shape, generator=generator).to(dtype_of(case)), case.layout)
    weight = torch.randn(case.problem.weight_shape, generator=generator).to(dtype_of(case))
    bias = torch.randn(case.problem.out_channels, generator=generator).to(dtype_of(case)) if case.problem.bias else None
    x = x.to(case.device)
    started = time.perf_counter()
    runs: dict[str, Callable[[], torch.Tensor]] = {}
    for name in names:
        try:
            plan = prepare(get(name), case, weight.to(case.device), None if bias is None else bias.to(case.device))
            for _ in range(_WARM_UP):
                plan.run(x)
        except (ConvError, RuntimeError, MemoryError):
            # Another one computes this case.
            continue
        runs[name] = lambda plan=plan: plan.run(x)  # type: ignore[misc]
    taken = _rounds(runs, started + budget_s, random.Random(seed))
    return dict(sorted(((name, statistics.median(times)) for name, times in taken.items()), key=lambda item: item[1]))


def _rounds(runs: dict[str, Callable[[], torch.Tensor]], ends: float, rng: random.Random) -> dict[str, list[float]]:
    """Times of all in rounds, each in an order drawn anew, so that drift falls on all alike."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    order = list(runs)
    for number in range(_MOST_ROUNDS):
        if number >= _LEAST_ROUNDS and time.perf_counter() > ends:
            break
        rng.shuffle(order)
        for name in order:
            begun = time.perf_counter()
            runs[name]()
            taken[name].append(time.perf_counter() - begun)
    return taken
