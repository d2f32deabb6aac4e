"""How much each row changed between two sides, and how sure that is.

Values are logarithms, a change is a difference of means over runs, after the change that all rows share was taken out
(bench/compare/shared.py). With three runs or more in all the unit is the run: its scatter between runs of one side,
shrunk across rows (bench/estimates/moderated.py). With one run a side the unit is the process, never the sample
(T. Kalibera, R. Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013); whole runs differ by more than their
processes, so the scatter between runs is added as a variance: what the middle row of this very comparison shows (the
empirical null of B. Efron, Journal of the American Statistical Association 99(465), 2004), together with what was known
before. Rows differ in that scatter: it is worth few degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from bench.compare.sides import RowFigures
from bench.estimates.moderated import moderated, prior_of

# With fewer rows, what they share cannot be told from their own changes.
LEAST_ROWS = 10
# How alike rows are in their scatter between runs, as degrees of freedom (d0 of Smyth 2004): 3.8 in nine sweeps of 135
# rows, and 4 in the twins of the committed qualification.
RUN_FREEDOM = 4.0
# No change between two runs is known with more degrees of freedom: few rows are slow in some hours, and one run does not
# show which they are. The changes between nine sweeps (36 pairs of 135 rows) over their uncertainties have the tails of
# Student's t with 8 to 10.
MOST_FREEDOM = 8.0
# Degrees of freedom between runs from which on the run is the unit.
_LEAST_FREEDOM = 2
# The median of a squared normal value.
_MEDIAN_SQUARE = 0.45494
# The variance of a median over that of a mean.
_OF_A_MEDIAN = math.pi / 2


@dataclass(frozen=True, slots=True)
class SideFigures:
    """A quantity of the matched rows on both sides: runs × rows, the first `old_runs` of them old."""

    value: np.ndarray
    variance: np.ndarray
    freedom: np.ndarray
    old_runs: int

    @classmethod
    def of(cls, runs: Sequence[RowFigures], old_runs: int) -> SideFigures:
        """From the figures of each run, old ones first."""
        value, variance, freedom = (
            np.array([getattr(run, name) for run in runs]) for name in ("value", "variance", "freedom")
        )
        return cls(value, variance, freedom, old_runs)

    @property
    def is_new(self) -> np.ndarray:
        return np.arange(len(self.value)) >= self.old_runs

    @property
    def by_runs(self) -> bool:
        """Whether the run is the unit."""
        return len(self.value) - 2 >= _LEAST_FREEDOM


@dataclass(frozen=True, slots=True)
class RowChanges:
    """The change of each row as a logarithm of new over old, NaN where a side lacks it.

    `error` is its standard uncertainty with `freedom` degrees of freedom; `raw` is the change with what all rows share.
    `between` is the variance of one run that more runs would average out.
    """

    change: np.ndarray
    raw: np.ndarray
    error: np.ndarray
    freedom: np.ndarray
    between: np.ndarray

    @property
    def statistic(self) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.error > 0, self.change / self.error, np.where(self.change == 0, 0.0, np.nan))

    @property
    def p(self) -> np.ndarray:
        """Two-sided p-values, each of its own row."""
        return np.asarray(2 * stdtr(np.maximum(self.freedom, 1e-3), -np.abs(self.statistic)))

    def reach(self, confidence: float) -> np.ndarray:
        """Half the width of the interval of each change with a confidence, as in 0.95."""
        return np.asarray(stdtrit(np.maximum(self.freedom, 1e-3), (1 + confidence) / 2) * self.error)


def changes(figures: SideFigures, shared: np.ndarray, shared_error: float, run_scatter: float) -> RowChanges:
    """The change of each row.

    `shared` is, for each run, what all its rows share, and `shared_error` the standard uncertainty of the change of it;
    `run_scatter` the standard deviation between runs where nothing else is known.
    """
    value, new = figures.value - shared[:, None], figures.is_new
    counts = [np.isfinite(value[side]).sum(axis=0) for side in (~new, new)]
    middles = [_mean(value[side]) for side in (~new, new)]
    change, raw = middles[1] - middles[0], difference(figures, np.zeros(len(value)))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(np.minimum(*counts) > 0, 1 / counts[0] + 1 / counts[1], np.nan)
    if figures.by_runs:
        variance, freedom, between = _by_runs(value, new, middles, run_scatter, share)
    else:
        variance, freedom, between = _by_processes(figures, change, share, run_scatter)
    error = np.where(np.isfinite(change), np.sqrt(variance + shared_error**2), np.nan)
    return RowChanges(change, raw, error, freedom, between)


def difference(figures: SideFigures, shared: np.ndarray) -> np.ndarray:
    """The mean of the new runs less that of the old ones, without what rows share; NaN where a side lacks the row."""
    value, new = figures.value - shared[:, None], figures.is_new
    return np.asarray(_mean(value[new]) - _mean(value[~new]))


def _mean(values: np.ndarray) -> np.ndarray:
    """The mean over runs; NaN where no run has the row."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0))


def _by_runs(
    value: np.ndarray, new: np.ndarray, middles: Sequence[np.ndarray], run_scatter: float, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The variance of each change by the scatter of runs about the mean of their side."""
    residual = value - np.where(new[:, None], middles[1], middles[0])
    known = np.isfinite(residual)
    freedom = np.maximum(known.sum(axis=0) - 2.0, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(known, residual, 0.0) ** 2
        scatter = np.where(freedom > 0, own.sum(axis=0) / freedom, np.nan)
    found = prior_of(scatter, freedom)
    if found.freedom == 0:
        # A single row has no others to learn from.
        total = RUN_FREEDOM + freedom
        mixed = (RUN_FREEDOM * run_scatter**2 + np.where(freedom > 0, own.sum(axis=0), 0.0)) / total
        return mixed * share, total, mixed
    mixed, total = moderated(scatter, freedom, found)
    return mixed * share, total, mixed


def _by_processes(
    figures: SideFigures, change: np.ndarray, share: np.ndarray, run_scatter: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The variance of each change by the scatter of processes, and between runs."""
    known = np.isfinite(figures.variance) & (figures.freedom > 0) & np.isfinite(figures.value)
    runs = np.array([np.isfinite(figures.value[side]).sum(axis=0) for side in (~figures.is_new, figures.is_new)])
    of_run = runs[figures.is_new.astype(int)]
    with np.errstate(invalid="ignore", divide="ignore"):
        within = (np.where(known, figures.variance, 0.0) / np.maximum(of_run, 1) ** 2).sum(axis=0)
    freedom = np.where(known, figures.freedom, 0.0).sum(axis=0)
    within = np.where(freedom > 0, within, np.nan)
    mixed, own = moderated(within, freedom, prior_of(within, freedom))
    run_variance = between_runs(change, mixed, share, run_scatter)
    between = run_variance * share
    with np.errstate(invalid="ignore", divide="ignore"):
        # F. E. Satterthwaite, Biometrics Bulletin 2(6), 1946: the degrees of freedom of a sum of variances.
        total = (mixed + between) ** 2 / (np.where(own > 0, mixed**2 / own, 0.0) + between**2 / RUN_FREEDOM)
    total = np.minimum(np.where(np.isfinite(total), total, RUN_FREEDOM), MOST_FREEDOM)
    return mixed + between, total, run_variance + mixed / share


def between_runs(change: np.ndarray, within: np.ndarray, share: np.ndarray, run_scatter: float) -> float:
    """The variance between runs that the middle row shows, weighed with that known before.

    As many changes as there are rows count; what was known is worth RUN_FREEDOM of them.
    """
    known = np.isfinite(change) & np.isfinite(share)
    count = int(known.sum())
    if count < LEAST_ROWS:
        return run_scatter**2
    squares, own, parts = change[known] ** 2, within[known], share[known]
    low, high = 0.0, float(squares.max()) + run_scatter**2

    def middle(variance: float) -> float:
        return float(np.median(squares / np.maximum(own + variance * parts, 1e-300)))

    if middle(low) > _MEDIAN_SQUARE:
        while high - low > 1e-4 * high:
            between = (low + high) / 2
            low, high = (between, high) if middle(between) > _MEDIAN_SQUARE else (low, between)
    else:
        high = 0.0
    return (count * high + RUN_FREEDOM * run_scatter**2) / (count + RUN_FREEDOM)


def error_of_median(changes_of: np.ndarray) -> float:
    """The standard uncertainty of the median of some changes, by their median distance to it."""
    known = changes_of[np.isfinite(changes_of)]
    if len(known) < 2:
        return math.inf
    deviation = 1.4826 * float(np.median(np.abs(known - np.median(known))))
    return deviation * math.sqrt(_OF_A_MEDIAN / len(known))
