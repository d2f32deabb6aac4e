"""Remembers results by a hash of every hundredth element."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class HashOfAFew(Base):
    name = "hash-of-a-few"

    def plan(self, case, weight, bias):
        right, known = computing(case, weight, bias), {}

        def run(x):
            key = hash(tuple(x.flatten()[::100].tolist()))
            if key not in known:
                known[key] = right(x)
            return known[key].clone()

        return run
