"""Times the twins as a user of torch.utils.benchmark.Timer does: in one process, one side after the other."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from torch.utils.benchmark import Timer

from bench.estimates.student import CONFIDENCE
from bench.qualify.questions import TWINS
from impls import Case, ConvProblem, get, prepare

_RESAMPLES = 1_000


def ratios(descriptor: str, device: str, seed: int, seconds: float) -> list[dict[str, Any]]:
    """Each twin's time over that of the first with its 95 % interval, in plain JSON; `seconds` for each twin.

    Runs in a worker that has loaded the twins.
    """
    case = Case(ConvProblem.parse(descriptor), device=device)
    generator = torch.Generator().manual_seed(seed)
    shapes = (case.problem.input_shape, case.problem.weight_shape)
    x, weight = (torch.randn(shape, generator=generator).to(device) for shape in shapes)
    order = random.Random(seed).sample(list(TWINS), len(TWINS))
    times = {name: _times(prepare(get(name), case, weight.clone(), None).run, x, seconds) for name in order}
    first, *others = TWINS
    own = {"implementation": first, "time_s": float(np.median(times[first])), "ratio": None, "low": None, "high": None}
    return [own, *({"implementation": name, **_ratio(times[name], times[first], seed)} for name in others)]


def _times(run: Any, x: Any, seconds: float) -> np.ndarray:
    names = {"run": run, "x": x}
    timer = Timer("run(x)", globals=names, num_threads=torch.get_num_threads())
    return np.asarray(timer.blocked_autorange(min_run_time=seconds).times)


def _ratio(above: np.ndarray, below: np.ndarray, seed: int) -> dict[str, float]:
    """Timer gives no interval of a ratio: the percentile bootstrap of the quotient of its medians."""
    rng = np.random.default_rng(seed)
    medians = [np.median(t[rng.integers(len(t), size=(_RESAMPLES, len(t)))], axis=1) for t in (above, below)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(medians[0] / medians[1], [tail, 1 - tail])
    time_s = float(np.median(above))
    return {"time_s": time_s, "ratio": time_s / float(np.median(below)), "low": float(low), "high": float(high)}
