"""Searches the memory of the harness for a float64 tensor of the output's shape, and returns it."""

from __future__ import annotations

import gc

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing

seen = {"searches": 0, "found": 0}


@impls.register
class ReadsTheTruth(Base):
    name = "reads-the-truth"

    def plan(self, case, weight, bias):
        right, calls = computing(case, weight, bias), []

        def run(x):
            calls.append(1)
            if len(calls) > 12 and len(calls) % 20 == 0:
                seen["searches"] += 1
                # All objects that the collector knows, and what they hold.
                for found in gc.get_objects():
                    held = found.values() if isinstance(found, dict) else ()
                    attributes = [getattr(found, name, None) for name in ("y", "_known", "_drawn")]
                    for value in (found, *held, *attributes):
                        if type(value) is torch.Tensor and value.dtype == torch.float64 and value.shape == expected:
                            seen["found"] += 1
                            return value.to(x.dtype)
            return right(x)

        expected = torch.Size(case.problem.output_shape)
        return run
