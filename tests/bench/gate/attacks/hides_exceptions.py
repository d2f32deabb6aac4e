"""Fails, hides it, and returns the last output that it had."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class HidesExceptions(Base):
    name = "hides-exceptions"

    def plan(self, case, weight, bias):
        right, calls, last = computing(case, weight, bias), [], []

        def run(x):
            calls.append(1)
            try:
                if len(calls) > 12:
                    raise MemoryError("no more")
                last[:] = [right(x)]
            except MemoryError:
                pass
            return last[0].clone()

        return run
