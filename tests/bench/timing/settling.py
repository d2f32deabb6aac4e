"""How long calls take one after the other when another candidate has filled the caches.

Figures of docs/method.md: `python -m tests.bench.timing.settling`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from bench.machine.processors import available_threads
from bench.worker import loading
from impls import Case, ConvProblem
from impls.planning import prepare

# A convolution, and the implementation whose calls are timed.
CASES = (
    ("mb1ic64ih28oc64kh3ph1", "winograd-f4"),
    ("mb1ic64ih28oc64kh3ph1", "direct"),
    ("mb1ic64ih28oc64kh3ph1", "onednn"),
    ("mb1ic64ih28oc64kh11ph5", "fft"),
)
# The one that fills the caches: its matrix of columns is large.
BEFORE = "im2col"
CALLS, ROUNDS = 6, 40


def _call(name: str, descriptor: str) -> Callable[[], Any]:
    case, implementation = Case(ConvProblem.parse(descriptor)), loading.make(name)
    loading.load_modules(implementation, case)
    generator = torch.Generator().manual_seed(0)
    x, weight = (torch.randn(s, generator=generator) for s in (case.problem.input_shape, case.problem.weight_shape))
    plan = prepare(implementation, case, weight, None)
    return lambda: plan.run(x)


def main() -> None:
    torch.set_num_threads(available_threads())
    for descriptor, name in CASES:
        call, before = _call(name, descriptor), _call(BEFORE, descriptor)
        found: list[list[float]] = [[] for _ in range(CALLS)]
        for _ in range(ROUNDS):
            before()
            before()
            for times in found:
                started = time.perf_counter()
                call()
                times.append(time.perf_counter() - started)
        print(descriptor, name, *(f"{1e6 * statistics.median(times):,.0f}" for times in found), "µs")


if __name__ == "__main__":
    main()
