"""Remembers a result by the address of its input, which is the same in every call of a sample."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, computing_slowly


@impls.register
class RemembersByAddress(Base):
    name = "remembers-by-address"
    devices = ("cuda",)

    def plan(self, case, weight, bias):
        right, known = computing_slowly(case, weight, bias), {}

        def run(x):
            if x.data_ptr() not in known:
                known[x.data_ptr()] = right(x)
            return known[x.data_ptr()].clone()

        return run
