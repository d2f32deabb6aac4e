"""Computes anew only the rows of outputs that read a changed row of the input."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing_slowly


@impls.register
class RecomputesChangedRows(Base):
    name = "recomputes-changed-rows"

    def plan(self, case, weight, bias):
        right, known = computing_slowly(case, weight, bias), {}
        p = case.problem

        def run(x):
            if known:
                rows = (x != known["x"]).any(dim=3).any(dim=1).any(dim=0).nonzero().flatten().tolist()
                if len(rows) <= 4:
                    y = known["y"].clone()
                    for row in rows:
                        # The rows of outputs that read this row, by a convolution of the rows that they read.
                        first, last = max(0, row - 1), min(p.output_size[0], row + 2)
                        padded = torch.nn.functional.pad(x, (1, 1, 1, 1))[:, :, first : last + 2]
                        y[:, :, first:last] = torch.nn.functional.conv2d(padded, weight, bias)
                    return y
            known.update(x=x.clone(), y=right(x))
            return known["y"].clone()

        return run
