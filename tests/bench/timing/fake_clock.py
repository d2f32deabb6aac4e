"""A clock that only calls advance, so that numbers are exact and tests do not wait."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bench.timing.clock import Duration


class FakeClock:
    """Time that only calls advance."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.synchronised = 0

    device = "cpu"
    max_calls = 100_000

    def sample(self, call: Callable[[], Any], calls: int) -> Duration:
        started, result = self.now_s, None
        for _ in range(calls):
            result = call()
        return Duration(self.now_s - started, None, result)

    def single(self, call: Callable[[], Any]) -> Duration:
        return self.sample(call, 1)

    def synchronise(self) -> None:
        self.synchronised += 1

    def steady(self, cost_s: float, result: object = None) -> Callable[[], object]:
        def call() -> object:
            self.now_s += cost_s
            return result

        return call

    def noisy(self, cost_s: float, seed: int = 0) -> Callable[[], object]:
        rng = random.Random(seed)

        def call() -> None:
            self.now_s += cost_s * rng.uniform(0.5, 1.5)

        return call

    def raising(self, cost_s: float, after: int) -> Callable[[], object]:
        calls = iter(range(after))

        def call() -> None:
            self.now_s += cost_s
            if next(calls, None) is None:
                raise RuntimeError(f"broken after {after}")

        return call
