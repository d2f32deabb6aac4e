"""Conformal intervals with whole lines or families as units.

A score is how far a row is from what a fit without its unit says. Rows of a unit are alike, so that units are what is
exchangeable: each weighs the same (Y. Lee, R. F. Barber, R. Willett, "Distribution-free inference with hierarchical
data", 2023; of split conformal prediction: V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World",
2005). The fits that give the scores know a unit less than the one that predicts, and err more: no further unit at
infinity is added, so this is the jackknife, whose coverage is checked on units left out of all (R. F. Barber et al.,
"Predictive inference with the jackknife+", Annals of Statistics 49(1), 2021).
"""

from __future__ import annotations

import numpy as np

from impls.cost_model.cost_table import Floats, Integers
from impls.cost_model.predictions import LEVEL

# Fits that leave units out: each unit where there are few, else this number of groups of units.
_MOST_UNITS, _FOLDS = 24, 5
_SEED = 0


def folds(units: Integers) -> Integers:
    """The fold of each row: whole units together, the same for the same units."""
    names, place = np.unique(units, return_inverse=True)
    if len(names) <= _MOST_UNITS:
        return place.reshape(-1).astype(np.int64)
    of_unit = np.random.default_rng(_SEED).permutation(len(names)) % _FOLDS
    return of_unit[place.reshape(-1)].astype(np.int64)


def unit_weights(units: Integers) -> Floats:
    """A weight for each row: all rows of a unit together weigh 1."""
    place = np.unique(units, return_inverse=True)[1].reshape(-1)
    return 1 / np.bincount(place)[place].astype(np.float64)


def common(errors: Floats, units: Integers) -> float:
    """The correlation of the errors of two rows of one unit: the intraclass correlation of left-out errors, 0 to 1.

    By moments, of errors around 0: the mean product of two rows of a unit over the mean square (R. A. Fisher,
    "Statistical Methods for Research Workers", 1925, chapter 7). 1 where no unit has two rows.
    """
    place = np.unique(units, return_inverse=True)[1].reshape(-1)
    rows = np.bincount(place)
    sums, squares = np.bincount(place, errors), np.bincount(place, errors**2)
    several = rows > 1
    if not several.any() or squares.sum() <= 0:
        return 1.0
    products = (sums[several] ** 2 - squares[several]) / (rows[several] * (rows[several] - 1))
    means = squares[several] / rows[several]
    return float(np.round(np.clip(products.mean() / means.mean(), 0.0, 1.0), 4))


def quantile(scores: Floats, units: Integers, level: float = LEVEL) -> float:
    """The score that a row of a new unit exceeds with probability 1 − level."""
    weights = unit_weights(units)
    order = np.argsort(scores)
    at = int(np.searchsorted(np.cumsum(weights[order]), level * weights.sum()))
    return float(scores[order][min(at, len(scores) - 1)])
