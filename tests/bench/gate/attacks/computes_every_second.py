"""Computes every second call and returns the output of the call before otherwise."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class ComputesEverySecond(Base):
    name = "computes-every-second"

    def plan(self, case, weight, bias):
        right, calls, last = computing(case, weight, bias), [], []

        def run(x):
            calls.append(1)
            if len(calls) < 12 or len(calls) % 2:
                last[:] = [right(x)]
            return last[0].clone()

        return run
