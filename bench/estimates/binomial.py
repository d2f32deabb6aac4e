"""Shares and quantiles of trials with their binomial intervals. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import bdtr, betaincinv

_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Figure:
    """An estimate from `trials` trials with its 95 % interval; an end is None where too few trials bound it."""

    value: float
    low: float | None
    high: float | None
    trials: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def share(hits: Sequence[bool]) -> Figure:
    """The share of hits, with the exact interval of C. J. Clopper, E. S. Pearson, Biometrika 26(4), 1934.

    Raises ValueError without any trial.
    """
    n, k = len(hits), sum(hits)
    if n == 0:
        raise ValueError("a share needs at least one trial; 0 were given")
    low = float(betaincinv(k, n - k + 1, _TAIL)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - _TAIL)) if k < n else 1.0
    return Figure(k / n, low, high, n)


def quantile(values: Sequence[float], q: float) -> Figure:
    """The q-quantile with order statistics as its interval, by Binomial(n, q); None for an end without a bound.

    Raises ValueError without any value.
    """
    n = len(values)
    if n == 0:
        raise ValueError("a quantile needs at least one value; 0 were given")
    ordered, ranks = np.sort(np.asarray(values, dtype=np.float64)), np.arange(n + 1)
    # P(fewer than r values lie below the quantile) = P(Binomial(n, q) < r)
    below = bdtr(ranks.astype(np.float64), n, q)
    first = int(np.searchsorted(below, _TAIL))
    last = int(np.searchsorted(below, 1 - _TAIL)) + 1
    low = float(ordered[first - 1]) if first >= 1 else None
    high = float(ordered[last - 1]) if last <= n else None
    return Figure(float(np.quantile(ordered, q)), low, high, n)
