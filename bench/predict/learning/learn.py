"""Learns the times of this machine: measures shapes where the model of `auto` knows least, and fits it anew.

The first shapes are random. Then the model looks at many random shapes and gives each a probability: that its choice
is a good one. The shapes of the lowest probability are measured next. The mean probability is the share of good choices
that the model expects of itself. Learning ends when this share is large enough, or when the time is up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import InfrastructureError
from bench.estimates.binomial import share
from bench.format import count
from bench.predict import fit_times, time_model
from bench.predict.fit_times import Kept, Measuring
from bench.predict.learning import learnt_model
from bench.predict.learning.unsure import doubts, most_doubtful
from bench.predict.random_shapes import shapes_to_learn
from bench.predict.regret import MOST, SHAPES_A_PROCESS
from bench.worker.settings import Settings
from impls.cost_model import model as asked_by_auto

# Random shapes among which each choice is made, and by which the model judges itself.
POOL = 300
# Far from the seeds that shapes to measure are drawn by.
_POOL_SEED = 2_000_003
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Lesson:
    """What to learn: for how long, from how many shapes at most, and the share of good choices that is enough.

    `first` shapes are random, before any is chosen; each is timed for `shape_s`.
    """

    minutes: float
    shapes: int
    seed: int
    target: float
    times: Path
    write: Path | None
    first: int
    shape_s: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """A written model of `auto`: its file, the file of times, and the number of shapes in that.

    `ratios` are the time of the model's choice over the best time, on layers whose family was left out of the fit;
    `expected` is the share of good choices that it expects of itself on random shapes, None where that was not asked.
    """

    file: Path
    times: Path
    shapes: int
    ratios: tuple[float, ...]
    expected: float | None


def learn(asked: Lesson, settings: Settings, progress: Callable[[str], None]) -> Learnt:
    """Measure shapes until the model is sure enough, or the time is up, and write the model of `auto`.

    It is fitted to all times of the file. Raises UsageError for a file with other contents, from another machine, or
    with too few shapes, InfrastructureError if a file cannot be read or written.
    """
    file = asked.write or asked_by_auto.file_of_host()
    try:
        expected = _measure(asked, settings, progress) if asked.minutes > 0 else None
        kept = fit_times.read(asked.times)
        fitted = learnt_model.fit(learnt_model.tables(asked.times))
    except OSError as error:
        raise InfrastructureError(f"{error.filename or asked.times}: {error.strerror or error}") from error
    time_model.write(replace(fitted.model, machine=_made(kept, fitted.ratios)), file)
    return Learnt(file, asked.times, len(kept.lines), fitted.ratios, expected)


def _measure(asked: Lesson, settings: Settings, progress: Callable[[str], None]) -> float | None:
    """Measure rounds of shapes; the share of good choices that the last model expected of itself."""
    kept = fit_times.begin(asked.times, settings)
    ends_at, most = time.monotonic() + 60 * asked.minutes, len(kept.lines) + asked.shapes
    expected, before = None, None
    while time.monotonic() < ends_at and len(kept.lines) < most:
        number = min(SHAPES_A_PROCESS, most - len(kept.lines))
        if len(kept.lines) < asked.first:
            drawn = kept.drawn(asked.seed)
            chosen = shapes_to_learn(drawn + number, asked.seed)[drawn:]
            told = ""
        else:
            before = learnt_model.refit(learnt_model.tables(asked.times), before)
            found = doubts(before, shapes_to_learn(POOL, _POOL_SEED + len(kept.lines)))
            expected = 1 - float(np.mean([one.doubt for one in found]))
            if expected >= asked.target:
                break
            chosen = [one.shape for one in most_doubtful(found, number)]
            told = f"; a good choice is expected on {expected:.0%} of random shapes, wanted: {asked.target:.0%}"
        first = len(kept.lines)
        trials = [
            fit_times.trial(shape, asked.seed + first + place, asked.shape_s) for place, shape in enumerate(chosen)
        ]
        is_chosen = first >= asked.first
        fit_times.measure(asked.times, trials, asked.seed, settings, Measuring(ends_at, is_chosen, progress))
        kept = fit_times.read(asked.times)
        left_min = max(0.0, ends_at - time.monotonic()) / 60
        progress(f"{count(len(kept.lines), 'shape')}, {left_min:.1f} minutes left{told}")
    return expected


def _made(kept: Kept, ratios: Sequence[float]) -> Mapping[str, Any]:
    return {
        "by": "convcost learn",
        "measured_utc": max((line["measured_utc"] for line in kept.lines), default=None),
        "fitted_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "shapes": len(kept.lines),
        "seeds": kept.seeds,
        **kept.machine,
        "checked": checked("leaving families of layers out", ratios),
    }


def checked(by: str, ratios: Sequence[float]) -> dict[str, Any]:
    """How good choices are on shapes outside of the fit: the share within MOST of the best, with its 95 % interval."""
    within = share([ratio <= MOST for ratio in ratios])
    return {
        "by": by,
        "shapes": within.trials,
        "most": MOST,
        "within": round(within.value, _DIGITS),
        "low": None if within.low is None else round(within.low, _DIGITS),
        "high": None if within.high is None else round(within.high, _DIGITS),
        "median": round(float(np.median(ratios)), _DIGITS),
    }
