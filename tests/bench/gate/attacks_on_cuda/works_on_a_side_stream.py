"""Works on a stream that the caller's stream does not wait for."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing_slowly


@impls.register
class WorksOnASideStream(Base):
    name = "works-on-a-side-stream"
    devices = ("cuda",)

    def plan(self, case, weight, bias):
        right, side = computing_slowly(case, weight, bias), torch.cuda.Stream()

        def run(x):
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                return right(x)

        return run
