"""Remembers every result by all bytes of its input."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing

counted = {"calls": 0, "computed": 0}


@impls.register
class RemembersByContent(Base):
    name = "remembers-by-content"

    def plan(self, case, weight, bias):
        right = computing(case, weight, bias)

        def run(x):
            key = x.contiguous().view(torch.uint8).numpy().tobytes()
            counted["calls"] += 1
            if key not in known:
                counted["computed"] += 1
                known[key] = right(x)
            return known[key].clone()

        known = {}
        return run
