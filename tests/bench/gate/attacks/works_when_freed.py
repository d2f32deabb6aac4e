"""Computes when the next call frees the object that it left behind."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, WorkWhenFreed, computing, uncomputed


@impls.register
class WorksWhenFreed(Base):
    name = "works-when-freed"

    def plan(self, case, weight, bias):
        right, calls, left = computing(case, weight, bias), [], []

        def run(x):
            calls.append(1)
            left.clear()
            if len(calls) < 12:
                return right(x)
            y = uncomputed(case, x)
            left.append(WorkWhenFreed(lambda: y.copy_(right(x))))
            return y

        return run
