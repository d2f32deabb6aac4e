"""Rounds its weights, which are the harness's, to fewer bits after some calls."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class WritesItsWeights(Base):
    name = "writes-its-weights"

    def plan(self, case, weight, bias):
        right, calls = computing(case, weight, bias), []

        def run(x):
            calls.append(1)
            if len(calls) == 12:
                weight.copy_(weight.bfloat16())
            return right(x)

        return run
