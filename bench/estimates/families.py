"""p-values of many tests at once, adjusted so that any false alarm among them has a bounded probability.

Pure functions of arrays. All whose adjusted value is below 0.05 may be called, with 95 % confidence that none of them
is a false alarm, however many tests there are.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

# Random divisions of runs, where all of them are more: the p-value then has steps of a thousandth.
_MOST_DIVISIONS = 1000


def holm(values: np.ndarray) -> np.ndarray:
    """Adjusted p-values, valid however the tests depend on each other; NaN stays NaN and does not count.

    Source: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6(2),
    1979.
    """
    found = np.full(len(values), np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    left = np.arange(len(order), 0, -1)
    found[order] = np.minimum(1.0, np.maximum.accumulate(values[order] * left))
    return found


def max_t(observed: np.ndarray, divided: np.ndarray) -> np.ndarray:
    """Adjusted p-values by the distribution of the largest statistic over divisions of the runs.

    `observed` are statistics of tests; `divided` has a row for each division of the same runs into two sides, the
    observed one among them. The dependence of tests on each other is kept, so that equal tests cost nothing. NaN stays
    NaN. Source: P. H. Westfall, S. S. Young, "Resampling-Based Multiple Testing", 1993, algorithm 4.1 (step-down maxT).
    """
    found = np.full(len(observed), np.nan)
    tested = np.flatnonzero(~np.isnan(observed))
    order = tested[np.argsort(-np.abs(observed[tested]), kind="stable")]
    sizes = np.nan_to_num(np.abs(divided[:, order]), nan=0.0)
    # The largest of a test and all that come after it.
    largest = np.maximum.accumulate(sizes[:, ::-1], axis=1)[:, ::-1]
    # Statistics of the same division may differ in their last digits.
    reached = np.mean(largest >= np.abs(observed[order]) * (1 - 1e-9), axis=0)
    found[order] = np.maximum.accumulate(reached)
    return found


def divisions(old: int, new: int, seed: int = 0) -> np.ndarray:
    """Which of `old` + `new` runs are on the new side, a row for each division; the observed one comes first.

    All of them, or a random sample of them where they are more than a thousand.
    """
    runs = old + new
    observed = np.arange(runs) >= old
    rows = [observed]
    if math.comb(runs, new) <= _MOST_DIVISIONS:
        rows += [row for row in _all_divisions(runs, new) if not np.array_equal(row, observed)]
    else:
        rng = np.random.default_rng(seed)
        rows += [rng.permutation(observed) for _ in range(_MOST_DIVISIONS - 1)]
    return np.array(rows)


def _all_divisions(runs: int, new: int) -> Iterator[np.ndarray]:
    for chosen in itertools.combinations(range(runs), new):
        row = np.zeros(runs, dtype=bool)
        row[list(chosen)] = True
        yield row
