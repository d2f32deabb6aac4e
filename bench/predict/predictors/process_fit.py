"""Fits a Gaussian process to the deviations of some rows: which rows carry it, and with which weights."""

from __future__ import annotations

import numpy as np

from impls.cost_model.cost_table import Floats, Integers
from impls.cost_model.process import JITTER, CarriedProcess, Places, ProcessReach, covariance

# Rows that the mean is carried by.
INDUCING = 1024
_DIGITS = 7


def fit(places: Places, deviations: Floats, reach: ProcessReach, carriers: Integers | None = None) -> CarriedProcess:
    """The process that knows the deviations (natural logarithms) of all rows.

    `carriers` are the rows that carry it, which `apart` finds where they are not given.
    """
    rows = apart(places.at, INDUCING) if carriers is None else carriers
    own = places.only(rows)
    to_all = covariance(own, places, reach.octaves)
    whole = to_all[:, rows] + JITTER * np.eye(len(rows)) + to_all @ to_all.T / reach.noise
    weights = np.linalg.solve(whole, to_all @ deviations) / reach.noise
    return CarriedProcess(own, _significant(weights), reach)


def apart(at: Floats, most: int) -> Integers:
    """Up to `most` rows, each the furthest from those before it; rows at the same place count once."""
    if not len(at):
        return np.zeros(0, dtype=np.int64)
    chosen = [0]
    distance = ((at - at[0]) ** 2).sum(axis=1)
    while len(chosen) < most:
        following = int(np.argmax(distance))
        if distance[following] <= 0:
            break
        chosen.append(following)
        distance = np.minimum(distance, ((at - at[following]) ** 2).sum(axis=1))
    return np.array(chosen, dtype=np.int64)


def _significant(values: Floats) -> Floats:
    """Rounded as a file has them: a model that was read predicts the same."""
    return np.array([float(f"{value:.{_DIGITS}g}") for value in values])
