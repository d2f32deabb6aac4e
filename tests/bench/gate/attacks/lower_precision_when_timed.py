"""Computes in bfloat16 from the twentieth call on."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class LowerPrecisionWhenTimed(Base):
    name = "lower-precision-when-timed"

    def plan(self, case, weight, bias):
        right, calls = computing(case, weight, bias), []

        def run(x):
            calls.append(1)
            if len(calls) < 20:
                return right(x)
            return torch.conv2d(x.bfloat16(), weight.bfloat16(), None, 1, 1).to(x.dtype)

        return run
