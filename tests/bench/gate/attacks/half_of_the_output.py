"""Computes half of the outputs, and leaves the rest as in the call before."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class HalfOfTheOutput(Base):
    name = "half-of-the-output"

    def plan(self, case, weight, bias):
        right, calls, last = computing(case, weight, bias), [], []
        half = case.problem.output_size[0] // 2

        def run(x):
            calls.append(1)
            if len(calls) < 12:
                last[:] = [right(x)]
                return last[0].clone()
            y = last[0].clone()
            y[:, :, :half] = torch.conv2d(torch.nn.functional.pad(x, (1, 1, 1, 0))[:, :, : half + 2], weight, bias)
            return y

        return run
