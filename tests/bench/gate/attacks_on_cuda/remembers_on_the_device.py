"""Remembers the last result, and compares the whole input with that of the last call."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing_slowly


@impls.register
class RemembersOnTheDevice(Base):
    name = "remembers-on-the-device"
    devices = ("cuda",)

    def plan(self, case, weight, bias):
        right, known = computing_slowly(case, weight, bias), {}

        def run(x):
            if not known or not torch.equal(x, known["x"]):
                known.update(x=x.clone(), y=right(x))
            return known["y"].clone()

        return run
