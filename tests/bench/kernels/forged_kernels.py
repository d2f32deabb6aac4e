"""Makes outcomes with known times, in any number of draws and blocks."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from bench.kernels.shapes import Shape
from bench.kernels.trials import ShapeResult
from bench.store.status import Status
from bench.worker.trial import BlockTime, Entrant, EntrantOutcome
from impls import ConvProblem

SMALL = ConvProblem.parse("mb1ic4ih8oc4kh3ph1")


def outcome(
    name: str,
    layout: str,
    time_s: float,
    *,
    draws: int = 3,
    blocks: int = 4,
    noise: float = 0.0,
    seed: int = 0,
    runs_s: Sequence[float] = (1.0,),
) -> EntrantOutcome:
    """An outcome whose samples scatter by `noise` about `time_s`, times the factor of each run in `runs_s`."""
    rng = random.Random(f"{name} {layout} {seed}")
    samples = tuple(
        BlockTime(d, b, factor * time_s * rng.lognormvariate(0, noise), run)
        for run, factor in enumerate(runs_s)
        for d in range(draws)
        for b in range(blocks)
    )
    return EntrantOutcome(Entrant(name, layout), Status.OK, executed_flops=1000, workspace_bytes=64, samples=samples)


def shape_result(
    times_s: Mapping[tuple[str, str], float],
    *,
    name: str = "shape",
    kind: str = "dense",
    precision: str = "fp32",
    noise: float = 0.0,
    seed: int = 0,
    runs: int = 3,
) -> ShapeResult:
    """A shape with the time of each (implementation, layout), the same in every run."""
    found = tuple(
        outcome(*entrant, s, noise=noise, seed=seed, runs_s=(1.0,) * runs, draws=1 if runs > 1 else 3)
        for entrant, s in times_s.items()
    )
    return ShapeResult(Shape(name, SMALL, kind, precision), found, 0.1)
