"""Marks its input after reading it, to recognise it the next time."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class WritesItsInput(Base):
    name = "writes-its-input"

    def plan(self, case, weight, bias):
        right, calls = computing(case, weight, bias), []

        def run(x):
            y = right(x)
            calls.append(1)
            if len(calls) > 12:
                x[0, 0, 0, 0] = 42.0
            return y

        return run
