"""Outcomes out of thin air: times that are known, in as many draws and blocks as asked."""

from __future__ import annotations

import random
from collections.abc import Mapping

from bench.kernels.shapes import Shape
from bench.kernels.trial import Candidate, Measured, Outcome
from impls import ConvProblem

SMALL = ConvProblem.parse("mb1ic4ih8oc4kh3ph1")


def outcome(
    name: str, layout: str, time_s: float, *, draws: int = 3, blocks: int = 4, noise: float = 0.0, seed: int = 0
) -> Outcome:
    """An outcome whose samples scatter by `noise` about `time_s`."""
    rng = random.Random(f"{name} {layout} {seed}")
    samples = tuple((d, b, time_s * rng.lognormvariate(0, noise)) for d in range(draws) for b in range(blocks))
    return Outcome(Candidate(name, layout), "ok", executed_flops=1000, workspace_bytes=64, samples=samples)


def measured(
    times_s: Mapping[tuple[str, str], float],
    *,
    name: str = "shape",
    kind: str = "dense",
    precision: str = "fp32",
    noise: float = 0.0,
    seed: int = 0,
) -> Measured:
    """A shape with the time of each (implementation, layout)."""
    found = tuple(outcome(*candidate, s, noise=noise, seed=seed) for candidate, s in times_s.items())
    return Measured(Shape(name, SMALL, kind, precision), found, 0.1)
