"""How much each row changed between two sides, and how sure that is.

Values are logarithms, a change is a difference of means over runs, after the change that all rows share was taken out
(bench/compare/shared.py). With four runs or more in all the unit is the run: its scatter between runs of one side,
shrunk towards what is expected of the row (bench/compare/run_variance.py, bench/estimates/moderated.py). With fewer the
unit is the process, never the sample (T. Kalibera, R. Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013),
and the scatter between whole runs is added as a variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from bench.compare.run_variance import RUN_FREEDOM, WithinRuns, between_runs
from bench.compare.sides import RowFigures
from bench.estimates.moderated import PriorVariance, moderated, prior_of
from bench.estimates.student import coverage_factor
from bench.rows.ratios import WIDE

# No change between two runs is known with more degrees of freedom: few rows are slow in some hours, and one run does
# not show which they are. The changes between nine sweeps (36 pairs of 135 rows) over their uncertainties have the
# tails of Student's t with 8 to 10.
MOST_FREEDOM = 8.0
# Degrees of freedom between runs from which on the run is the unit.
_LEAST_FREEDOM = 2
# The variance of a median over that of a mean.
_OF_A_MEDIAN = math.pi / 2


@dataclass(frozen=True, slots=True)
class SideFigures:
    """A quantity of the matched rows on both sides: runs × rows, the first `old_runs` of them old.

    `is_uncertain` are rows whose interval between the processes of a run is over ± 5 %, or that a single process
    measured. Two runs of them lie apart by whatever other programs did meanwhile: of 231 pairs of qualification runs
    beside a busy core 62 had an alarm, all of them in such rows. So they are tested only where the run is the unit.
    """

    value: np.ndarray
    within: WithinRuns
    is_uncertain: np.ndarray
    old_runs: int

    @classmethod
    def of(cls, runs: Sequence[RowFigures], old_runs: int) -> SideFigures:
        """From the figures of each run, old ones first."""
        value, variance, freedom = (
            np.array([getattr(run, name) for run in runs]) for name in ("value", "variance", "freedom")
        )
        half = np.array([[coverage_factor(own) if own > 0 else np.inf for own in run] for run in freedom])
        with np.errstate(invalid="ignore"):
            is_wide = ~(half * np.sqrt(variance) <= math.log1p(WIDE)) & np.isfinite(value)
        return cls(value, WithinRuns.of(runs), is_wide.any(axis=0), old_runs)

    @property
    def is_new(self) -> np.ndarray:
        return np.arange(len(self.value)) >= self.old_runs

    @property
    def share(self) -> np.ndarray:
        """The variance of a change over that of one run, for each row; NaN where a side lacks it."""
        known = np.isfinite(self.value)
        counts = [known[side].sum(axis=0) for side in (~self.is_new, self.is_new)]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(np.minimum(*counts) > 0, 1 / counts[0] + 1 / counts[1], np.nan)

    @property
    def by_runs(self) -> bool:
        """Whether the run is the unit."""
        return len(self.value) - 2 >= _LEAST_FREEDOM

    @property
    def is_untested(self) -> np.ndarray:
        """The rows that so few runs cannot test."""
        return self.is_uncertain & (not self.by_runs)


@dataclass(frozen=True, slots=True)
class RowChanges:
    """The change of each row as a logarithm of new over old, NaN where a side lacks it.

    `error` is its standard uncertainty with `freedom` degrees of freedom; `raw` is the change with what all rows share.
    `of_run` is the variance of one run, which more runs would average out.
    """

    change: np.ndarray
    raw: np.ndarray
    error: np.ndarray
    freedom: np.ndarray
    of_run: np.ndarray

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


def changes(
    figures: SideFigures,
    shared: np.ndarray,
    shared_error: float,
    run_scatter: float,
    run_freedom: float = RUN_FREEDOM,
) -> RowChanges:
    """The change of each row.

    `shared` is, for each run, what all its rows share, and `shared_error` the standard uncertainty of the change of it;
    `run_scatter` the standard deviation between runs where nothing else is known, and `run_freedom` how alike rows are
    in it.
    """
    value, new = figures.value - shared[:, None], figures.is_new
    old_mean, new_mean = _mean(value[~new]), _mean(value[new])
    residual = value - np.where(new[:, None], new_mean, old_mean)
    known = np.isfinite(residual)
    spare = np.maximum(known.sum(axis=0) - 2.0, 0.0)
    squares = np.where(spare > 0, (np.where(known, residual, 0.0) ** 2).sum(axis=0) / np.maximum(spare, 1.0), np.nan)
    variance, freedom = _variance_of_run(figures, value, squares, spare, (run_scatter, run_freedom))
    change = new_mean - old_mean
    error = np.sqrt(variance * figures.share + shared_error**2)
    return RowChanges(change, difference(figures, np.zeros(len(value))), error, freedom, variance)


def difference(figures: SideFigures, shared: np.ndarray) -> np.ndarray:
    """The mean of the new runs less that of the old ones, without what rows share; NaN where a side lacks the row."""
    value, new = figures.value - shared[:, None], figures.is_new
    return np.asarray(_mean(value[new]) - _mean(value[~new]))


def _mean(values: np.ndarray) -> np.ndarray:
    """The mean over runs; NaN where no run has the row."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0))


def _variance_of_run(
    figures: SideFigures, value: np.ndarray, squares: np.ndarray, freedom: np.ndarray, before: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """The variance of each row in a run, and its degrees of freedom.

    `squares` are variances of `value` between the runs of a side, with their degrees of freedom; with one run a side
    there are none, and the change of a row tells how far two runs lie apart. `before` is what is known of the scatter
    between runs: its standard deviation, and how alike rows are in it.
    """
    run_scatter, run_freedom = before
    within = figures.within
    if not figures.by_runs:
        apart = (value[figures.is_new].mean(axis=0) - value[~figures.is_new].mean(axis=0)) ** 2 / figures.share
        between = between_runs(apart, within.variance, 1.0, run_scatter)
        whole = within.variance + between
        # F. E. Satterthwaite, Biometrics Bulletin 2(6), 1946: the degrees of freedom of a sum of variances.
        parts = np.where(within.freedom > 0, within.variance**2 / np.maximum(within.freedom, 1.0), 0.0)
        return whole, np.minimum(whole**2 / np.maximum(parts + between**2 / run_freedom, 1e-300), MOST_FREEDOM)
    expected = within.variance + between_runs(squares, within.variance, float(np.median(freedom)), run_scatter)
    found = prior_of(squares / expected, freedom)
    if found.freedom == 0:
        # A single row has no others to learn from.
        found = PriorVariance(1.0, run_freedom)
    found = PriorVariance(found.variance, min(found.freedom, MOST_FREEDOM))
    mixed, total = moderated(squares / expected, freedom, found)
    return mixed * expected, np.maximum(total, 1.0)


def error_of_median(changes_of: np.ndarray) -> float:
    """The standard uncertainty of the median of some changes, by their median distance to it."""
    known = changes_of[np.isfinite(changes_of)]
    if len(known) < 2:
        return math.inf
    deviation = 1.4826 * float(np.median(np.abs(known - np.median(known))))
    return deviation * math.sqrt(_OF_A_MEDIAN / len(known))
