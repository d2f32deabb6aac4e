"""Figures that say how good predictions of times are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impls.cost_model.cost_table import Bools, CostTable, Floats
from impls.cost_model.predictions import Predictions

_WITHIN = 0.1
_QUANTILE = 0.9


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of predicted times relative to the measured ones, over some rows.

    `median`, `quantile_90` and `mean` (MAPE) are of |predicted / measured − 1|; `within` is the share of rows with at
    most ± 10 %; `r2` is of the times themselves, and `spearman` of their ranks, NaN where times do not vary. `coverage`
    is the share of times in their interval, `half_width` the median of √(high / low) − 1. `redraw` is the median
    relative difference of the same thing measured again, NaN where nothing was: nobody predicts better.
    """

    rows: int
    median: float
    quantile_90: float
    mean: float
    within: float
    spearman: float
    r2: float
    coverage: float
    half_width: float
    outside: float
    redraw: float


def score(table: CostTable, predicted: Predictions, rows: Bools | None = None) -> Score | None:
    """The score over chosen rows, all by default; None without any."""
    chosen = np.ones(len(table), dtype=np.bool_) if rows is None else rows
    if not chosen.any():
        return None
    time_s, said = table.time_s[chosen], predicted.time_s[chosen]
    low, high = predicted.time_lo_s[chosen], predicted.time_hi_s[chosen]
    error = np.abs(said / time_s - 1)
    return Score(
        int(chosen.sum()),
        float(np.median(error)),
        float(np.quantile(error, _QUANTILE)),
        float(error.mean()),
        float(np.mean(error <= _WITHIN)),
        correlation(ranks(time_s), ranks(said)),
        _r2(time_s, said),
        float(np.mean((low <= time_s) & (time_s <= high))),
        float(np.exp(np.median(np.log(high / low)) / 2) - 1),
        float(np.mean(predicted.outside[chosen])),
        redraw(table.only(chosen)),
    )


def redraw(table: CostTable) -> float:
    """The median relative difference of measuring the same again: of repeated layers, else by intervals of times."""
    keys = np.column_stack([table.sizes, table.is_nhwc])
    place = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    again = np.bincount(place)[place] > 1
    if again.any():
        middle = np.zeros(place.max() + 1)
        for layer in np.unique(place[again]):
            middle[layer] = np.median(table.time_s[place == layer])
        return float(np.median(np.abs(table.time_s[again] / middle[place[again]] - 1)))
    known = table.scatter[np.isfinite(table.scatter)]
    return float(np.median(known)) if len(known) else float("nan")


def ranks(values: Floats) -> Floats:
    """Ranks from 0; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    found: Floats = (last - (counts + 1) / 2)[place.reshape(-1)]
    return found


def correlation(a: Floats, b: Floats) -> float:
    """Pearson's correlation; NaN where either does not vary."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _r2(time_s: Floats, said: Floats) -> float:
    spread = ((time_s - time_s.mean()) ** 2).sum()
    return float(1 - ((time_s - said) ** 2).sum() / spread) if spread > 0 else float("nan")
