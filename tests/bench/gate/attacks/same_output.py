"""Hands out views of one buffer."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class SameOutput(Base):
    name = "same-output"

    def plan(self, case, weight, bias):
        right, buffer = computing(case, weight, bias), torch.empty(case.problem.output_shape)

        def run(x):
            buffer.copy_(right(x))
            return buffer[:]

        return run
