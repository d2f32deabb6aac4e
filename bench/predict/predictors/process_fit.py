"""Fits a Gaussian process to the deviations of some rows: which rows carry it, and with which weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

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
    (found,) = fit_each(places, deviations, [reach], rows)
    return found


def fit_each(
    places: Places, deviations: Floats, reaches: Sequence[ProcessReach], carriers: Integers
) -> Iterator[CarriedProcess]:
    """The process of each reach, in order; those in a row with the same octaves share most of the work."""
    own = places.only(carriers)
    for octaves, same in groupby(reaches, key=lambda reach: reach.octaves):
        to_all = covariance(own, places, octaves)
        between, known = to_all[:, carriers] + JITTER * np.eye(len(own)), to_all @ deviations
        squares = to_all @ to_all.T
        for reach in same:
            weights = np.linalg.solve(between + squares / reach.noise, known) / reach.noise
            yield CarriedProcess(own, _significant(weights.tolist()), reach)


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


def _significant(values: Sequence[float]) -> Floats:
    """Rounded as a file has them: a model that was read predicts the same."""
    return np.array([float(f"{value:.{_DIGITS}g}") for value in values])
