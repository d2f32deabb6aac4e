"""Figures of several runs with intervals in which the run is the unit. Pure functions; the same numbers each time.

What one run measures shares its hour, its processes and its memory, so many values of a few runs are worth little more
than the runs. The scatter of a share is that of resampled runs, each with all that is in it (the bootstrap of clusters:
A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8). It tells how many
independent trials the share is worth, and so the exact interval (E. L. Korn, B. I. Graubard, Survey Methodology 24(2),
1998, section 2): never narrower than that of all trials. A quantile has the interval of the share of values below it
(R. S. Woodruff, Journal of the American Statistical Association 47, 1952): percentiles of resampled quantiles would
cover a 95th percentile in as little as half of the cases, where a few runs lie apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.special import betaincinv

from bench.estimates.binomial import Figure
from bench.estimates.student import NORMAL, coverage_factor

_RESAMPLES = 2_000
_TAIL = 0.025
# With fewer runs their scatter is unknown.
LEAST_RUNS = 4

# The number of times that each run counts, in each resample.
_Counts = np.ndarray


def share_of_runs(runs: Sequence[Sequence[bool]], seed: int = 0) -> Figure:
    """The share of hits in the trials of all runs. Under LEAST_RUNS runs, the interval takes trials as independent.

    Raises ValueError without any trial.
    """
    hits, trials = (np.array([float(count(run)) for run in runs]) for count in (sum, len))
    total = int(trials.sum())
    if total == 0:
        raise ValueError("a share needs at least one trial; 0 were given")
    value = float(hits.sum() / total)
    worth = float(total)
    if len(runs) >= LEAST_RUNS:
        counts = _resampled(len(runs), seed)
        worth = min(worth, _worth(value, counts @ hits, counts @ trials, len(runs)))
    return Figure(value, *_ends(value, worth), total)


def share_between_runs(apart: Mapping[tuple[int, int], Sequence[bool]], seed: int = 0) -> Figure:
    """The share of hits in the trials of all pairs of runs, by the numbers of both runs.

    A pair counts as often as its runs are drawn together; a run is never paired with itself. Under LEAST_RUNS runs, the
    interval takes trials as independent. Raises ValueError without any trial.
    """
    place = {number: index for index, number in enumerate(sorted({number for pair in apart for number in pair}))}
    tables = np.zeros((2, len(place), len(place)))
    for (a, b), found in apart.items():
        tables[:, place[a], place[b]] = sum(found), len(found)
    hits, total = (float(table.sum()) for table in tables)
    if not total:
        raise ValueError("a share needs at least one trial; 0 were given")
    worth = total
    if len(place) >= LEAST_RUNS:
        counts = _resampled(len(place), seed)
        of_hits, of_trials = (((counts @ table) * counts).sum(axis=1) for table in tables)
        worth = min(worth, _worth(hits / total, of_hits, of_trials, len(place)))
    return Figure(hits / total, *_ends(hits / total, worth), int(total))


def quantile_of_runs(runs: Sequence[Sequence[float]], q: float, seed: int = 0) -> Figure:
    """The q-quantile of the values of all runs; None for an end that they do not bound.

    No interval under LEAST_RUNS runs. Raises ValueError without any value.
    """
    values = _ordered(runs)
    if len(runs) < LEAST_RUNS:
        return Figure(float(np.quantile(values, q)), None, None, len(values))
    counts = _resampled(len(runs), seed)
    trials = counts @ np.array([float(len(run)) for run in runs])

    def worth(level: float) -> float:
        limit = np.quantile(values, level)
        below = np.array([float(np.count_nonzero(np.asarray(run) <= limit)) for run in runs])
        return _worth(level, counts @ below, trials, len(runs))

    return _figure(values, q, worth)


def quantile_between_runs(apart: Mapping[tuple[int, int], Sequence[float]], q: float, seed: int = 0) -> Figure:
    """The q-quantile of the values of all pairs of runs, by the numbers of both runs; ends as in `quantile_of_runs`.

    A pair counts as often as its runs are drawn together; a run is never paired with itself. No interval under
    LEAST_RUNS runs. Raises ValueError without any value.
    """
    values = _ordered(list(apart.values()))
    place = {number: index for index, number in enumerate(sorted({number for pair in apart for number in pair}))}
    if len(place) < LEAST_RUNS:
        return Figure(float(np.quantile(values, q)), None, None, len(values))
    counts = _resampled(len(place), seed)

    def drawn(limit: float) -> np.ndarray:
        table = np.zeros((len(place), len(place)))
        for (a, b), found in apart.items():
            table[place[a], place[b]] = np.count_nonzero(np.asarray(found) <= limit)
        of_pairs: np.ndarray = (counts @ table) * counts
        return np.asarray(of_pairs.sum(axis=1))

    trials = drawn(float("inf"))

    def worth(level: float) -> float:
        return _worth(level, drawn(float(np.quantile(values, level))), trials, len(place))

    return _figure(values, q, worth)


def _ordered(groups: Sequence[Sequence[float]]) -> np.ndarray:
    values = np.sort(np.array([value for group in groups for value in group], dtype=np.float64))
    if not len(values):
        raise ValueError("a quantile needs at least one value; 0 were given")
    return values


def _figure(values: np.ndarray, q: float, worth_at: Callable[[float], float]) -> Figure:
    """The q-quantile of values in order, by the number of independent ones that they are worth at a level.

    That at the median counts too: where runs lie apart, the few values beyond a far quantile are of one or two runs.
    """
    worth = min(worth_at(q), worth_at(0.5), float(len(values)))
    value, low, high = (float(end) for end in np.quantile(values, [q, *_ends(q, worth)]))
    # So few values may all be on one side of the quantile: they do not bound it on the other.
    return Figure(value, low if (1 - q) ** worth <= _TAIL else None, high if q**worth <= _TAIL else None, len(values))


def _resampled(runs: int, seed: int) -> _Counts:
    rng = np.random.default_rng(seed)
    drawn: _Counts = rng.multinomial(runs, np.full(runs, 1 / runs), size=_RESAMPLES)
    return drawn.astype(np.float64)


def _worth(value: float, hits: np.ndarray, trials: np.ndarray, runs: int) -> float:
    """The number of independent trials with the scatter of a share over resamples; infinite without scatter.

    A bootstrap of n runs shows n - 1 parts in n of their variance, and knows it with n - 1 degrees of freedom.
    """
    filled = trials > 0
    variance = float(np.var(hits[filled] / trials[filled])) * runs / (runs - 1)
    if variance <= 0:
        return float("inf")
    return value * (1 - value) / variance * (coverage_factor(NORMAL) / coverage_factor(runs - 1)) ** 2


def _ends(value: float, worth: float) -> tuple[float, float]:
    """The exact interval of a share in so many trials (C. J. Clopper, E. S. Pearson, Biometrika 26(4), 1934)."""
    if worth == float("inf"):
        return value, value
    hits = value * worth
    low = float(betaincinv(hits, worth - hits + 1, _TAIL)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, worth - hits, 1 - _TAIL)) if hits < worth else 1.0
    return low, high
