"""How much each row of a duet changed, and how sure that is: a paired t test over pairs of processes.

Values are logarithms of B's time over A's, one for each pair and row (bench/compare/duet/pairs.py). All rows of a pair
share what its two processes have by chance, such as their places in memory. That part is told from each row's own: the
rows' own scatter is shrunk across rows (bench/estimates/moderated.py), the shared one counts in every row and in the
test of what all rows do together. Nothing is taken out of the rows: drift of the machine has cancelled already.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from bench.compare.change import RowChanges
from bench.compare.run_variance import LEAST_ROWS
from bench.compare.shared import FEW_ROWS, SharedChange
from bench.estimates.moderated import moderated, prior_of

BASIS = "pairs"
# Steps by which degrees of freedom are found, from as many as there are rows.
_HALVINGS = 40
_LEAST_FREEDOM = 1e-3


def paired_changes(logs: np.ndarray, level: float) -> RowChanges:
    """The change of each row; `logs` is pairs × rows, NaN where a pair did not measure a row.

    `level` is the probability of any false alarm among the rows. A row that fewer than two pairs measured has a change
    and no uncertainty. `of_run` is the variance of one pair.
    """
    known = np.isfinite(logs)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        change = np.where(known, logs, 0.0).sum(axis=0) / count
    levels = _levels(logs)
    scatter, freedom = _scatter(logs - (0.0 if levels is None else levels[:, None]))
    if levels is None:
        # Few rows: what they share cannot be told from their own, and would count as many times as there are rows.
        own, own_freedom, shared = scatter, freedom, 0.0
    else:
        own, own_freedom = moderated(scatter, freedom, prior_of(scatter, freedom))
        shared = float(levels.var(ddof=1))
    tested = int(np.isfinite(own).sum())
    total = _freedom_of_sum(own, own_freedom, shared, len(logs) - 1.0, level / max(tested, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt((own + shared) / count)
    return RowChanges(change, change, error, total, np.asarray(own + shared))


def shared_by_pairs(logs: np.ndarray) -> SharedChange:
    """The change that all rows share: the median row of each pair, tested between pairs. None of it is taken out."""
    nothing = np.zeros(2)
    if _levels(logs) is None:
        return SharedChange(FEW_ROWS, 0.0, math.nan, 0.0, None, (), nothing, 0.0)
    whole = logs[:, np.isfinite(logs).all(axis=0)]
    medians = np.median(whole, axis=1)
    uncertainty = float(medians.std(ddof=1)) / math.sqrt(len(medians))
    return SharedChange(
        BASIS, float(medians.mean()), uncertainty, len(medians) - 1.0, None, (), nothing, 0.0
    )  # fmt: skip


def _freedom_of_sum(
    own: np.ndarray, own_freedom: np.ndarray, shared: float, shared_freedom: float, level: float
) -> np.ndarray:
    """Degrees of freedom of the sum of two variances, for tests at a level.

    Those whose critical value is the mean of the two of the parts, weighted by their variances (W. G. Cochran,
    Biometrics 20(1), 1964). The usual rule (F. E. Satterthwaite, 1946) did not keep the level: a part with few degrees
    of freedom has wide tails, and a row among many is tested far out in them.
    """
    if shared == 0:
        return own_freedom
    weight = shared / (own + shared)
    wanted = (1 - weight) * _critical(own_freedom, level) + weight * _critical(np.full_like(own, shared_freedom), level)
    low, high = np.full_like(own, shared_freedom), np.maximum(own_freedom, shared_freedom)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_above = _critical(middle, level) > wanted
        low, high = np.where(is_above, middle, low), np.where(is_above, high, middle)
    return np.where(np.isfinite(wanted), np.minimum(low, own_freedom), own_freedom)


def _critical(freedom: np.ndarray, level: float) -> np.ndarray:
    return np.asarray(stdtrit(np.maximum(freedom, _LEAST_FREEDOM), 1 - level / 2))


def _levels(logs: np.ndarray) -> np.ndarray | None:
    """What the rows of each pair share; None with fewer than two pairs, or LEAST_ROWS rows that all pairs measured."""
    whole = logs[:, np.isfinite(logs).all(axis=0)]
    if len(logs) < 2 or whole.shape[1] < LEAST_ROWS:
        return None
    return np.asarray(np.median(whole - whole.mean(axis=0), axis=1))


def _scatter(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The variance of one pair about the mean of its row, and its degrees of freedom; NaN and 0 without any."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.where(known, values - np.where(known, values, 0.0).sum(axis=0) / count, 0.0)
        scatter = (away**2).sum(axis=0) / (count - 1)
    return np.where(count > 1, scatter, np.nan), np.maximum(count - 1.0, 0.0)
