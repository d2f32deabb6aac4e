"""Remembers the results by the two values that change: their places show after three calls."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class PatternLearned(Base):
    name = "pattern-learned"

    def plan(self, case, weight, bias):
        right, seen, known = computing(case, weight, bias), [], {}

        def run(x):
            if len(seen) < 24:
                seen.append(x.clone())
                return right(x)
            if "places" not in known:
                known["places"] = (torch.stack(seen[:-1]) != seen[-1]).any(dim=0).nonzero()[:1]
            # One place is enough if the values always come in the same order.
            key = tuple(x[tuple(place)].item() for place in known["places"].tolist())
            if key not in known:
                known[key] = right(x)
            return known[key].clone()

        return run
