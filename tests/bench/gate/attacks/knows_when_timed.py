"""Looks at the stack: computes for the gate, and not for the clock."""

from __future__ import annotations

import sys

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class KnowsWhenTimed(Base):
    name = "knows-when-timed"

    def plan(self, case, weight, bias):
        right = computing(case, weight, bias)

        def run(x):
            frame = sys._getframe()
            while frame is not None:
                if frame.f_code.co_filename.endswith("clock.py"):
                    return torch.zeros(case.problem.output_shape)
                frame = frame.f_back
            return right(x)

        return run
