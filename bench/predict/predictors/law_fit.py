"""Fits the constants of a law to measured times.

Non-negative least squares (C. L. Lawson, R. J. Hanson, "Solving Least Squares Problems", 1974, chapter 23) on relative
errors, repeated on the linearised logarithm with less weight for large errors (Gauss–Newton; Charbonnier's loss): one
row that follows no law does not bend the others. Where sizes of the rows go together, several sets of constants fit
alike, and some of them make large layers cost nothing. So the constant of work that has a peak is at least that of the
fastest rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.predict.tables.cleaning import NEAR, plateau
from impls.cost_model.cost_table import CostTable, Floats
from impls.cost_model.counted import CountedWork
from impls.cost_model.law import LEAST_S, SHARPNESS, WORK, Law, joined

# The error beyond which a row counts less.
_ROBUST = 0.15
# Rounds of the fit, their step, and the penalty on a constant over the least seconds that its rows would allow.
_ROUNDS, _STEP, _PENALTY = 40, 0.5, 0.03
# A constant is as much as this quantile of time over work allows, at most; the start is a share of it.
_CEILING, _START = 0.05, 0.05
# Of fewer rows the fastest ones need not be near the peak of a device.
_PEAK_ROWS = 100
# A constant of less than this share of its ceiling has no effect.
_NOTHING = 1e-4


def fit(table: CostTable, kind: str, start: Law | None = None) -> Law:
    """The law of a kind that fits the measured times best; from `start` a few rounds are enough."""
    counted = [one for one in WORK[kind].counted(table) if np.any(one.amounts > 0)]
    amounts = np.stack([one.amounts for one in counted], axis=1)
    is_floor = np.array([one.constant.is_floor for one in counted])
    most = np.array([_ceiling(one, table.time_s) for one in counted])
    # In units of its ceiling each constant is about 1.
    scaled = amounts * most
    least = np.array([_least(one, table.time_s) for one in counted]) / most
    values, rounds = _START * np.ones(len(counted)), _ROUNDS
    if start is None:
        values = np.maximum(values, _nnls(scaled / table.time_s[:, None], np.ones(len(table))))
    else:
        values, rounds = np.array([start.constants.get(o.constant.name, 0.0) for o in counted]) / most, _ROUNDS // 4
    values = np.maximum(values, least)
    for _ in range(rounds):
        values = values + _STEP * (_step(scaled, is_floor, values, least, table.time_s, SHARPNESS[kind]) - values)
    found = zip(counted, values, most, strict=True)
    return Law(kind, {o.constant.name: float(f"{v * m:.7g}") for o, v, m in found if v > _NOTHING})


def error_of(law: Law, table: CostTable) -> float:
    """The mean of the absolute logarithm of predicted over measured time."""
    return float(np.mean(np.abs(np.log(law.time_s(table) / table.time_s))))


def _step(scaled: Floats, is_floor: Any, values: Floats, least: Floats, time_s: Floats, sharpness: float) -> Floats:
    """The constants, none below `least`, that solve the least squares of the logarithm, linearised at `values`."""
    floor, work = scaled[:, is_floor] @ values[is_floor], scaled[:, ~is_floor] @ values[~is_floor]
    predicted = joined(floor, work, sharpness)
    rate = np.where(
        is_floor[None, :],
        ((floor / predicted) ** (sharpness - 1))[:, None],
        (np.maximum(work, LEAST_S) / predicted)[:, None] ** (sharpness - 1),
    )
    slope = scaled * rate / predicted[:, None]
    error = np.log(time_s / predicted)
    root = (1 + (error / _ROBUST) ** 2) ** -0.25
    above = values - least
    wanted = np.concatenate([(slope @ above + error) * root, _PENALTY * above])
    return least + _nnls(np.vstack([slope * root[:, None], _PENALTY * np.eye(len(values))]), wanted)


def _nnls(a: Floats, b: Floats) -> Floats:
    """Non-negative least squares by the triangle of a, which has as few rows as columns."""
    from scipy.optimize import nnls

    q, r = np.linalg.qr(a)
    found: Floats = nnls(r, q.T @ b)[0]
    return found


def _least(one: CountedWork, time_s: Floats) -> float:
    """The seconds of one unit of work at its peak, a little above the rate near which the fastest rows gather.

    0 for work without a peak, and where rows are few or do not gather.
    """
    used = one.amounts > 0
    if not one.constant.has_peak or used.sum() < _PEAK_ROWS:
        return 0.0
    highest = plateau(one.amounts[used] / time_s[used])
    return 0.0 if highest is None else 1 / (NEAR * highest)


def _ceiling(one: CountedWork, time_s: Floats) -> float:
    used = one.amounts > 0
    return float(np.quantile(time_s[used] / one.amounts[used], _CEILING))
