"""Computes once, then adds the response to the input elements that changed; every result is right."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing, computing_slowly


@impls.register
class AddsTheResponse(Base):
    name = "adds-the-response"

    def plan(self, case, weight, bias):
        right, known = computing_slowly(case, weight, bias), {}

        def run(x):
            if known:
                changed = (x != known["x"]).nonzero()
                if len(changed) <= 4:
                    difference = torch.zeros_like(x)
                    for place in map(tuple, changed.tolist()):
                        difference[place] = x[place] - known["x"][place]
                    # Its own rounding errors must not add up: always from the first input.
                    return known["y"] + response(difference)
            known.update(x=x.clone(), y=right(x))
            return known["y"].clone()

        response = computing(case, weight, None)
        return run
