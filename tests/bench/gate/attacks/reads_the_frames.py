"""Walks up the stack to the harness's own variables, and returns what it finds of the right shape."""

from __future__ import annotations

import sys

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class ReadsTheFrames(Base):
    name = "reads-the-frames"

    def plan(self, case, weight, bias):
        right, calls = computing(case, weight, bias), []
        expected = torch.Size(case.problem.output_shape)

        def run(x):
            calls.append(1)
            frame = sys._getframe()
            while frame is not None and len(calls) > 12:
                for value in frame.f_locals.values():
                    if type(value) is torch.Tensor and value.shape == expected:
                        return value.to(x.dtype, copy=True)
                    if isinstance(getattr(value, "last_result", None), torch.Tensor):
                        return value.last_result.clone()
                frame = frame.f_back
            return right(x)

        return run
