"""States that it executes ten FLOPs, so that no time seems impossible."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class SaysFewFlops(Base):
    name = "says-few-flops"

    algorithm = "direct"

    def work(self, case):
        return impls.Work(flops=10)

    def plan(self, case, weight, bias):
        return computing(case, weight, bias)
