"""A law of counted work by code path: the time is a sum of constants × work, none below zero, above a floor.

time = (floor^p + work^p)^(1/p). Non-negative least squares (C. L. Lawson, R. J. Hanson, "Solving Least Squares
Problems", 1974, chapter 23) on relative errors, repeated on the linearised logarithm with less weight for large errors
(Gauss–Newton; Charbonnier's loss): one row that follows no law does not bend the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from bench.predict.predictors import cpu_work, gpu_work
from bench.predict.predictors.counted import Constant, CountedWork
from bench.predict.tables.cost_table import UNNAMED, CostTable, Floats, Integers

# How sharply the floor gives way to work. A GPU's launch overlaps with work; a CPU's call comes on top.
_SHARPNESS = {"gpu": 4.0, "cpu": 1.0}
_WORK: Mapping[str, ModuleType] = {"gpu": gpu_work, "cpu": cpu_work}
# The error beyond which a row counts less.
_ROBUST = 0.15
# Rounds of the fit, their step, and the penalty on a constant over the least seconds that its rows would allow.
_ROUNDS, _STEP, _PENALTY = 40, 0.5, 0.03
# A constant is as much as this quantile of time over work allows, at most; the start is a share of it.
_CEILING, _START = 0.05, 0.05
# A constant of less than this share of its ceiling has no effect.
_NOTHING = 1e-4
_LEAST_S = 1e-9


def kinds_of(table: CostTable) -> tuple[str, ...]:
    """The laws that may hold for a device: both where it is not named."""
    device = table.subject.device
    return ("gpu", "cpu") if device == UNNAMED else ("gpu",) if device == "cuda" else ("cpu",)


@dataclass(frozen=True, slots=True)
class Law:
    """The constants of a law in seconds for one of their unit, by name; those of no effect are left out."""

    kind: str
    constants: Mapping[str, float]

    def time_s(self, table: CostTable) -> Floats:
        """The seconds of each row."""
        return self.parts(table)[0]

    def parts(self, table: CostTable) -> tuple[Floats, Floats]:
        """The seconds of each row, and the relative change of the time over that of the work.

        The latter is 0 at the floor, 1 far above it.
        """
        sharpness = _SHARPNESS[self.kind]
        counted = _WORK[self.kind].counted(table)
        floor, work = np.zeros(len(table)), np.zeros(len(table))
        for one in counted:
            if value := self.constants.get(one.constant.name):
                part = floor if one.constant.is_floor else work
                part += value * one.amounts
        time_s = _joined(floor, work, sharpness)
        return time_s, np.clip(1 - (floor / time_s) ** sharpness, 0.0, 1.0)

    def described(self) -> list[tuple[Constant, float]]:
        """Each constant with its meaning and value."""
        known = _WORK[self.kind].CONSTANTS
        return [(constant, self.constants[constant.name]) for constant in known if constant.name in self.constants]

    def path_of(self, table: CostTable) -> Integers:
        found: Integers = _WORK[self.kind].path_of(table)
        return found

    def floor_of(self, table: CostTable) -> Integers:
        found: Integers = _WORK[self.kind].floor_of(table)
        return found

    def places(self, table: CostTable) -> Floats:
        found: Floats = _WORK[self.kind].places(table)
        return found

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "constants": dict(self.constants)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Law:
        constants = {str(name): float(value) for name, value in values["constants"].items()}
        if values["kind"] not in _WORK:
            raise ValueError(f"no law is called {values['kind']!r}")
        return cls(values["kind"], constants)


def fit(table: CostTable, kind: str, start: Law | None = None) -> Law:
    """The law of a kind that fits the measured times best; from `start` a few rounds are enough."""
    counted = [one for one in _WORK[kind].counted(table) if np.any(one.amounts > 0)]
    amounts = np.stack([one.amounts for one in counted], axis=1)
    is_floor = np.array([one.constant.is_floor for one in counted])
    most = np.array([_ceiling(one, table.time_s) for one in counted])
    # In units of its ceiling each constant is about 1.
    scaled = amounts * most
    values, rounds = _START * np.ones(len(counted)), _ROUNDS
    if start is None:
        values = np.maximum(values, _nnls(scaled / table.time_s[:, None], np.ones(len(table))))
    else:
        values, rounds = np.array([start.constants.get(o.constant.name, 0.0) for o in counted]) / most, _ROUNDS // 4
    for _ in range(rounds):
        values = values + _STEP * (_step(scaled, is_floor, values, table.time_s, _SHARPNESS[kind]) - values)
    found = zip(counted, values, most, strict=True)
    return Law(kind, {o.constant.name: float(f"{v * m:.7g}") for o, v, m in found if v > _NOTHING})


def error_of(law: Law, table: CostTable) -> float:
    """The mean of the absolute logarithm of predicted over measured time."""
    return float(np.mean(np.abs(np.log(law.time_s(table) / table.time_s))))


def _step(scaled: Floats, is_floor: Any, values: Floats, time_s: Floats, sharpness: float) -> Floats:
    """The constants that solve the least squares of the logarithm, linearised at `values`."""
    floor, work = scaled[:, is_floor] @ values[is_floor], scaled[:, ~is_floor] @ values[~is_floor]
    predicted = _joined(floor, work, sharpness)
    rate = np.where(
        is_floor[None, :],
        ((floor / predicted) ** (sharpness - 1))[:, None],
        (np.maximum(work, _LEAST_S) / predicted)[:, None] ** (sharpness - 1),
    )
    slope = scaled * rate / predicted[:, None]
    error = np.log(time_s / predicted)
    root = (1 + (error / _ROBUST) ** 2) ** -0.25
    wanted = np.concatenate([(slope @ values + error) * root, _PENALTY * values])
    return _nnls(np.vstack([slope * root[:, None], _PENALTY * np.eye(len(values))]), wanted)


def _nnls(a: Floats, b: Floats) -> Floats:
    """Non-negative least squares by the triangle of a, which has as few rows as columns."""
    from scipy.optimize import nnls

    q, r = np.linalg.qr(a)
    found: Floats = nnls(r, q.T @ b)[0]
    return found


def _joined(floor: Floats, work: Floats, sharpness: float) -> Floats:
    """(floor^p + work^p)^(1/p), without overflow; never less than a nanosecond."""
    larger = np.maximum(np.maximum(floor, work), _LEAST_S)
    found: Floats = larger * ((floor / larger) ** sharpness + (work / larger) ** sharpness) ** (1 / sharpness)
    return np.maximum(found, _LEAST_S)


def _ceiling(one: CountedWork, time_s: Floats) -> float:
    used = one.amounts > 0
    return float(np.quantile(time_s[used] / one.amounts[used], _CEILING))
