"""How much a row of one run scatters: by its processes, and between whole runs.

The variance of a row in a run is expected to be that by its processes, which each row shows itself, shrunk across rows,
and one between runs that all rows have alike. The latter is what the middle row of this very comparison shows (the
empirical null of B. Efron, Journal of the American Statistical Association 99(465), 2004, but for variances), weighed
with what was known before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from bench.compare.sides import RowFigures
from bench.estimates.moderated import moderated, prior_of

# With fewer rows, what they share cannot be told from their own changes.
LEAST_ROWS = 10
# What was known before of the scatter between runs is worth so many rows, and a row's own is known by it with so many
# degrees of freedom: d0 of Smyth 2004 is 3.8 in nine sweeps of 135 rows within an hour.
RUN_FREEDOM = 4.0


@dataclass(frozen=True, slots=True)
class WithinRuns:
    """The variance of each row in a run by its processes, with its degrees of freedom; both 0 where none is known."""

    variance: np.ndarray
    freedom: np.ndarray

    @classmethod
    def of(cls, runs: Sequence[RowFigures]) -> WithinRuns:
        """Pooled over runs, and shrunk across rows."""
        variance, freedom = (np.array([getattr(run, name) for run in runs]) for name in ("variance", "freedom"))
        counts = np.isfinite(variance) & (freedom > 0)
        own = np.where(counts, freedom, 0.0)
        total = own.sum(axis=0)
        pooled = (own * np.where(counts, variance, 0.0)).sum(axis=0) / np.maximum(total, 1.0)
        return cls(*moderated(pooled, total, prior_of(pooled, total)))


def between_runs(squares: np.ndarray, within: np.ndarray, freedom: float, run_scatter: float) -> float:
    """The variance between runs that the middle row shows.

    `squares` are estimates of the whole variance of a run with so many degrees of freedom each, NaN where missing;
    `run_scatter` is the standard deviation between runs that was known before. With fewer than LEAST_ROWS rows that
    alone is the answer.
    """
    known = np.isfinite(squares)
    count = int(known.sum())
    if count < LEAST_ROWS:
        return run_scatter**2
    found, own = squares[known], within[known]
    # The median of chi-square over its degrees of freedom.
    expected = float(gammaincinv(freedom / 2, 0.5)) * 2 / freedom
    low, high = 0.0, float(found.max()) / expected

    def is_more(variance: float) -> bool:
        return float(np.median(found / np.maximum(own + variance, 1e-300))) > expected

    if not is_more(0.0):
        high = 0.0
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if is_more(middle) else (low, middle)
    return (count * high + RUN_FREEDOM * run_scatter**2) / (count + RUN_FREEDOM)
