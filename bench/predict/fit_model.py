"""Fits a cost model to times: one regression and one kriging an implementation, over all precisions and layouts.

log₂ of the time is regressed on impls.cost_model's features by ridge regression (A. E. Hoerl, R. W. Kennard,
Technometrics 12(1), 1970), and the residuals are kriged. Precisions and layouts have much in common and few shapes
each: they share a trend, each with departures of its own, and residuals of one inform the others. Shapes on which an
implementation is far from the best have little weight: it is not chosen there, however wrong its estimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

import impls
from bench.predict.fit_times import CaseTimes
from impls import cost_model, registry

# The penalty of the regression on standardised features, and the variance of noise over that of residuals. Chosen by
# cross-validation, whose optimum is flat here.
_PENALTY, _NUGGET = 10.0, 0.1
# With fewer shapes in a precision and layout, an implementation gets no model there.
_LEAST_SHAPES = 12
_DIGITS, _WEIGHT_DIGITS = 5, 3

Floats = NDArray[np.float64]
# Precision and layout.
Cell = tuple[str, str]


@dataclass(frozen=True)
class TimeTable:
    """The times of one implementation: a row for each case, with the inputs of the model.

    `features` and `places` are those of impls.cost_model, `octaves` log₂ of the times, `weights` the best time of the
    case over its own.
    """

    cases: tuple[impls.Case, ...]
    features: Floats
    places: Floats
    octaves: Floats
    weights: Floats

    @classmethod
    def of(cls, name: str, timed: Sequence[CaseTimes]) -> TimeTable:
        work = registry.get(name).work
        return cls(
            tuple(t.case for t in timed),
            np.array([cost_model.features(t.case, work(t.case)) for t in timed]),
            np.array([_place(t.case) for t in timed]),
            np.log2([t.times_s[name] for t in timed]),
            np.array([t.best_s / t.times_s[name] for t in timed]),
        )

    @property
    def cells(self) -> list[Cell]:
        return [(case.precision, case.layout) for case in self.cases]

    def only(self, rows: Sequence[bool]) -> TimeTable:
        """The table of the chosen rows."""
        chosen = np.array(rows, dtype=np.bool_)
        cases = tuple(compress(self.cases, rows))
        return TimeTable(cases, self.features[chosen], self.places[chosen], self.octaves[chosen], self.weights[chosen])


def tables(timed: Sequence[CaseTimes]) -> dict[str, TimeTable]:
    """A table for each implementation."""
    names = sorted({name for t in timed for name in t.times_s})
    return {name: TimeTable.of(name, [t for t in timed if name in t.times_s]) for name in names}


def fit(found: Mapping[str, TimeTable], made: Mapping[str, Any]) -> cost_model.CostModel:
    """The model of all times."""
    places: dict[str, dict[tuple[float, ...], None]] = {}
    for table in found.values():
        for case in table.cases:
            places.setdefault(case.precision, {})[_place(case)] = None
    coefficients: dict[str, list[float]] = {}
    weights: dict[str, list[float]] = {}
    for name, table in found.items():
        for cell, (trend, deviations) in _laws(table.only(_is_known(table))).items():
            key = " ".join((*cell, name))
            coefficients[key] = [_rounded(c, _DIGITS) for c in trend]
            weights[key] = [_rounded(deviations.get(place, 0.0), _WEIGHT_DIGITS) for place in places[cell[0]]]
    return cost_model.CostModel(made, coefficients, {p: list(own) for p, own in places.items()}, weights)


def _is_known(table: TimeTable) -> list[bool]:
    """Whether there are enough shapes of a row's precision and layout."""
    counts = Counter(table.cells)
    return [counts[cell] >= _LEAST_SHAPES for cell in table.cells]


def _laws(table: TimeTable) -> dict[Cell, tuple[Floats, dict[tuple[float, ...], float]]]:
    """For each precision and layout the coefficients of the trend, and the weight of each place."""
    if not table.cases:
        return {}
    trends = _trends(table)
    trend = np.array([row @ trends[cell] for row, cell in zip(table.features, table.cells, strict=True)])
    solved = np.linalg.solve(nearness(table) + np.diag(_NUGGET / table.weights), table.octaves - trend)
    weights: dict[Cell, dict[tuple[float, ...], float]] = {cell: {} for cell in trends}
    for cell, place, weight in zip(table.cells, map(tuple, table.places), solved, strict=True):
        # Shapes that differ in padding alone share a place.
        weights[cell][place] = weights[cell].get(place, 0.0) + float(weight)
    return {cell: (trends[cell], weights[cell]) for cell in trends}


def _trends(table: TimeTable) -> dict[Cell, Floats]:
    """Coefficients: common ones, plus departures of each precision and layout for all features but products."""
    count, cells = len(cost_model.NAMES), list(dict.fromkeys(table.cells))
    traits = sorted({trait for cell in cells for trait in cell})
    has = [np.array([trait in cell for cell in table.cells], dtype=np.float64)[:, None] for trait in traits]
    own = [column for column, name in enumerate(cost_model.NAMES) if cost_model.TIMES not in name]
    solved = _ridge(
        np.hstack([table.features, *(there * table.features[:, own] for there in has)]), table.octaves, table.weights,
        _PENALTY,
    )  # fmt: skip
    departures = dict(zip(traits, solved[count:].reshape(len(traits), len(own)), strict=True))
    found = {cell: solved[:count].copy() for cell in cells}
    for cell, coefficients in found.items():
        coefficients[own] += sum(departures[trait] for trait in cell)
    return found


def _ridge(x: Floats, y: Floats, weights: Floats, penalty: float) -> Floats:
    """Weighted ridge regression on standardised features; the first, the constant, is not penalised."""
    share = weights / weights.sum()
    middle, level = share @ x[:, 1:], float(share @ y)
    scale = np.sqrt(share @ (x[:, 1:] - middle) ** 2)
    # A constant feature gets no slope.
    scale[scale < 1e-9] = np.inf
    z = (x[:, 1:] - middle) / scale
    gram = (z * weights[:, None]).T @ z + penalty * np.eye(z.shape[1])
    slopes = np.linalg.solve(gram, (z * weights[:, None]).T @ (y - level)) / scale
    return np.concatenate([[level - float(middle @ slopes)], slopes])


def nearness(table: TimeTable) -> Floats:
    """The correlation of the residuals of two rows, as impls.cost_model defines it."""
    squares = (table.places**2).sum(axis=1)
    between = np.maximum(0.0, squares[:, None] + squares - 2 * table.places @ table.places.T)
    near: Floats = np.exp(-np.sqrt(between) / cost_model.REACH_OCTAVES)
    for trait, otherwise in enumerate((cost_model.OTHER_PRECISION, cost_model.OTHER_LAYOUT)):
        values = np.array([cell[trait] for cell in table.cells])
        near *= np.where(values[:, None] == values, 1.0, otherwise)
    return near


def _place(case: impls.Case) -> tuple[float, ...]:
    return tuple(_rounded(size, _WEIGHT_DIGITS + 1) for size in cost_model.place(case))


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
