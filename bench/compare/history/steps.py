"""Finds the steps in series of times: change points by PELT, each confirmed by a test among all series.

Source: R. Killick, P. Fearnhead, I. A. Eckley, "Optimal Detection of Changepoints With a Linear Computational Cost",
Journal of the American Statistical Association 107(500), 2012, as in the library ruptures (C. Truong, L. Oudre,
N. Vayatis, Signal Processing 167, 2020). The penalty is the largest squared t statistic that chance gives among all
places of all series (Bonferroni; for one series K. J. Worsley, Journal of the American Statistical Association 74(366),
1979), so that a series without a step has none. Neighbouring runs may resemble each other, as those of one day do: what
they all have in common is measured, and makes steps as rare as if fewer runs had been made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from bench.compare.quantities import LEVEL
from bench.errors import UsageError
from bench.estimates.moderated import moderated, prior_of

# A step must last: one slow run, or two, is none.
LEAST_AFTER = 3
LEAST_RUNS = 2 * LEAST_AFTER
# The standard deviation is this many times the median distance of neighbours (1 / (√2 · 0.6745)): a step moves one of
# them.
_OF_NEIGHBOURS = 1.0483
# Standard deviations from the median of its neighbours from which on a value is an outlier.
_FAR = 3.0
# Values more alike than this have no steps that could be told from drift.
_MOST_ALIKE = 0.9
# Below this share of a time nothing is a step, however exactly it repeats.
_LEAST_SCATTER = 1e-4
EXTRA = "pip install 'convcost[history]'"


@dataclass(frozen=True, slots=True)
class SeriesStep:
    """A step: the number of the series and of the first value after it, and the change of the logarithm.

    `low` and `high` are the ends of its 95 % interval, `p` its p-value among all places of all series. `before` and
    `after` are the numbers of values between it and its neighbours.
    """

    series: int
    at: int
    change: float
    low: float
    high: float
    p: float
    before: int
    after: int


def find_steps(logs: np.ndarray) -> list[SeriesStep]:
    """The steps of series, which are the columns of values × series; NaN is a missing value and is passed over.

    The probability of any false step is at most LEVEL where values scatter normally about their means. Series of fewer
    than LEAST_RUNS values have none. Raises UsageError if the library is not installed.
    """
    kernel = _detector()
    known = [np.flatnonzero(np.isfinite(logs[:, n])) for n in range(logs.shape[1])]
    long = [n for n in range(logs.shape[1]) if len(known[n]) >= LEAST_RUNS]
    places = sum(len(known[n]) - 2 * LEAST_AFTER + 1 for n in long)
    if not places:
        return []
    values = [logs[known[n], n] for n in long]
    likeness = _likeness(values)
    # The variance of a mean of such values, over that of as many independent ones.
    inflation = (1 + likeness) / (1 - likeness)
    scatter = _scatter(values, likeness)
    kept = {n: _without_outliers(own, s) for n, own, s in zip(long, values, scatter.tolist(), strict=True)}
    penalties = (scatter * math.sqrt(inflation)).tolist()
    cuts = {n: _cuts(kernel, kept[n], s, places) for n, s in zip(long, penalties, strict=True)}
    # As numbers of runs: missing values were passed over.
    return [replace(step, at=int(known[step.series][step.at])) for step in _confirmed(kept, cuts, places, inflation)]


def _detector() -> Any:
    try:
        import ruptures
    except ImportError as error:
        raise UsageError(f"history needs the library ruptures; type: {EXTRA}") from error
    return ruptures.KernelCPD


def _likeness(series: Sequence[np.ndarray]) -> float:
    """The correlation of neighbouring values that series have in common, 0 where it is negative.

    Of an autoregressive series the variance of x(t) − x(t − 2) is 1 + correlation times that of x(t) − x(t − 1); a step
    moves few of these differences.
    """
    sums = [0.0, 0.0]
    for values in series:
        distances = [np.abs(values[lag:] - values[:-lag]) for lag in (1, 2)]
        scale = float(np.median(distances[0]))
        if scale > 0:
            for place, found in enumerate(distances):
                # A step or an outlier counts no more than a large distance by chance.
                sums[place] += float(np.minimum(found / scale, _FAR / _OF_NEIGHBOURS).mean())
    near, far = sums
    return min(_MOST_ALIKE, max(0.0, (far / near) ** 2 - 1)) if near > 0 else 0.0


def _scatter(series: Sequence[np.ndarray], likeness: float) -> np.ndarray:
    """The standard deviation of each series by its neighbours, shrunk across series."""
    factor = _OF_NEIGHBOURS / math.sqrt(1 - likeness)
    own = np.array([factor * float(np.median(np.abs(np.diff(values)))) for values in series])
    # A median of n distances knows the deviation about as well as n / 3 of them would (its efficiency is 37 %).
    freedom = np.array([max(1.0, (len(values) - 1) / 3) for values in series])
    variances, _ = moderated(own**2, freedom, prior_of(own**2, freedom))
    return np.asarray(np.maximum(np.sqrt(variances), _LEAST_SCATTER))


def _without_outliers(values: np.ndarray, scatter: float) -> np.ndarray:
    """The values, with each that is far from the median of its five neighbours replaced by that median.

    One slow run, or two in a row, are gone, and steps stay where they are. Source: R. K. Pearson, "Outliers in Process
    Modeling and Identification", IEEE Transactions on Control Systems Technology 10(1), 2002 (the Hampel filter).
    """
    wide = 2 * LEAST_AFTER - 1
    starts = np.clip(np.arange(len(values)) - LEAST_AFTER + 1, 0, len(values) - wide)
    medians = np.median(values[starts[:, None] + np.arange(wide)], axis=1)
    return np.where(np.abs(values - medians) > _FAR * scatter, medians, values)


def _cuts(kernel: Any, values: np.ndarray, scatter: float, places: int) -> list[int]:
    """The change points of a series by PELT: numbers of the first value after each."""
    # A linear kernel is the cost of squared distances to means.
    penalty = float(stdtrit(max(1.0, len(values) - 2.0), 1 - LEVEL / places / 2)) ** 2 * scatter**2
    centred = (values - values.mean())[:, None]
    found = kernel(kernel="linear", min_size=LEAST_AFTER).fit(centred).predict(pen=penalty)
    return [int(cut) for cut in found[:-1]]


def _confirmed(
    kept: Mapping[int, np.ndarray], cuts: dict[int, list[int]], places: int, inflation: float
) -> list[SeriesStep]:
    """The steps whose difference of means is none by chance; the least sure of a series goes first."""
    numbers = sorted(cuts)
    while True:
        residual = [_variance(kept[n], cuts[n]) for n in numbers]
        own, freedom = (np.array(column) for column in zip(*residual, strict=True))
        variances, total = moderated(own, freedom, prior_of(own, freedom))
        found: list[SeriesStep] = []
        is_whole = True
        for n, variance, d in zip(numbers, variances.tolist(), total.tolist(), strict=True):
            of_mean = inflation * max(variance, _LEAST_SCATTER**2)
            steps = _tested(n, kept[n], cuts[n], of_mean, d, places)
            worst = max(steps, key=lambda step: step.p, default=None)
            if worst is not None and worst.p > LEVEL:
                cuts[n] = [cut for cut in cuts[n] if cut != worst.at]
                is_whole = False
            found += steps
        if is_whole:
            return found


def _variance(values: np.ndarray, cuts: Sequence[int]) -> tuple[float, float]:
    """The variance about the means between cuts, and its degrees of freedom."""
    parts = np.split(values, list(cuts))
    freedom = len(values) - len(parts)
    return sum(float(((part - part.mean()) ** 2).sum()) for part in parts) / freedom, float(freedom)


def _tested(
    series: int, values: np.ndarray, cuts: Sequence[int], variance: float, freedom: float, places: int
) -> list[SeriesStep]:
    parts = np.split(values, list(cuts))
    found = []
    for cut, before, after in zip(cuts, parts, parts[1:], strict=False):
        change = float(after.mean() - before.mean())
        error = math.sqrt(variance * (1 / len(before) + 1 / len(after)))
        p = min(1.0, places * float(2 * stdtr(freedom, -abs(change) / error)))
        reach = float(stdtrit(freedom, 0.975)) * error
        found.append(SeriesStep(series, cut, change, change - reach, change + reach, p, len(before), len(after)))
    return found
