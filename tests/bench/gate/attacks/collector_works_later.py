"""Leaves the work to finalisers that run when garbage is collected, after the clock."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, WorkWhenFreed, computing, uncomputed


@impls.register
class CollectorWorksLater(Base):
    name = "collector-works-later"

    def plan(self, case, weight, bias):
        right, calls = computing(case, weight, bias), []

        def run(x):
            calls.append(1)
            if len(calls) < 12:
                return right(x)
            y = uncomputed(case, x)
            later = WorkWhenFreed(lambda: y.copy_(right(x)))
            # A cycle: only the collector frees it.
            later.itself = later
            return y

        return run
