"""The statistics of rows over all divisions of the runs into two sides, for p-values by divisions.

The statistic is that of bench/compare/change.py, but what rows have in common is of all runs, whatever their side:
under every division it is the same, so that no division is favoured and the p-values are exact.
"""

from __future__ import annotations

import math

import numpy as np

from bench.compare.change import SideFigures
from bench.compare.run_variance import between_runs
from bench.estimates.families import divisions, max_t
from bench.estimates.moderated import prior_of

# Statistics that are computed at once: each takes a dozen numbers on the way.
_MOST_VALUES = 1_000_000


def p_by_divisions(figures: SideFigures, shared: np.ndarray, run_scatter: float) -> np.ndarray:
    """Adjusted p-values of rows; `shared` is, for each run, what its rows share.

    A row that a side lacks under the observed division has no p-value.
    """
    value, runs = figures.value - shared[:, None], len(figures.value)
    with np.errstate(invalid="ignore", divide="ignore"):
        known = np.isfinite(value)
        middle = np.where(known, value, 0.0).sum(axis=0) / known.sum(axis=0)
        squares = (np.where(known, value - middle, 0.0) ** 2).sum(axis=0) / (known.sum(axis=0) - 1.0)
    squares = np.where(known.sum(axis=0) > 1, squares, np.nan)
    within = figures.within.variance
    expected = within + between_runs(squares, within, runs - 1.0, run_scatter)
    is_new = divisions(figures.old_runs, runs - figures.old_runs)
    parts = np.array_split(is_new, max(1, len(is_new) * value.shape[1] // _MOST_VALUES))
    statistics = np.concatenate([divided_statistics(value / np.sqrt(expected), part) for part in parts])
    return max_t(statistics[0], statistics)


def divided_statistics(value: np.ndarray, is_new: np.ndarray) -> np.ndarray:
    """The moderated statistic of each row (columns) under each division (rows of `is_new`, over runs).

    `value` is of runs × rows, NaN where missing.
    """
    known = np.isfinite(value)
    # About their own middle: sums of squares of values near each other lose no digits.
    middle = np.where(known, value, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, value - middle, 0.0)
    count = known.sum(axis=0).astype(float)
    squares = (filled**2).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = prior_of(np.where(count > 1, squares / (count - 1), np.nan), count - 1)
        new, sums = is_new @ known.astype(float), is_new @ filled
        old, rest = count - new, filled.sum(axis=0) - sums
        change = sums / new - rest / old
        residual = np.maximum(squares - sums**2 / new - rest**2 / old, 0.0)
        if math.isinf(found.freedom):
            variance = np.full_like(residual, found.variance)
        else:
            variance = (found.freedom * found.variance + residual) / (found.freedom + np.maximum(count - 2, 0.0))
        statistic = change / np.sqrt(variance * (1 / new + 1 / old))
    # A row without any scatter did not change under any division.
    return np.asarray(np.where((change == 0) & (variance == 0), 0.0, statistic))
