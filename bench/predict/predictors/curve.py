"""Predictors with one formula and a few constants, fitted to the logarithms of times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.estimates.student import coverage_factor
from bench.predict.predictors import conformal
from bench.predict.predictors.protocol import FittedPredictor
from bench.predict.predictors.rows_needed import require_rows
from impls.cost_model.cost_table import Bools, CostTable, Floats, Subject
from impls.cost_model.model_file import number_of, numbers_of
from impls.cost_model.predictions import Predictions

# The error of ln(time) beyond which a row counts less (soft L1).
_ROBUST = 0.1
# Where rows do not tell two constants apart, a fit would go on for ever smaller gains.
_MOST_STEPS = 60
# Octaves beyond the sizes of the fit that are still inside.
_MARGIN_OCTAVES = 1.0
_DIGITS = 7
# Numbers of `octaves`.
_SIZES = 5
# Seconds of any of the work below: what numbers are guessed from before a fit.
_LEAST = 1e-300
_MOST_LN = 500.0
# What a fit may reach on its way: logarithms of positive constants, and other constants, such as exponents.
_MOST_LOG, _MOST_PLAIN = 60.0, 10.0


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constant of a formula: its unit and meaning, the value a fit starts with, and whether it is a positive one.

    A fit starts with `start`, those in seconds times one factor for all.
    """

    name: str
    unit: str
    meaning: str
    start: float
    is_positive: bool = True


Formula = Callable[[CostTable, Floats], Floats]


@dataclass(frozen=True, slots=True)
class FittedCurve:
    """A formula with its constants, their 95 % intervals (NaN where nothing was fitted), and its usual error.

    `ln_width` is the half-width of 90 % intervals of ln(time), `common` the correlation of errors within a unit.
    `low` and `high` are the sizes of the fit, in octaves.
    """

    formula: Formula
    parameters: tuple[Parameter, ...]
    values: Floats
    value_lo: Floats
    value_hi: Floats
    ln_width: float
    common: float
    low: Floats
    high: Floats

    def predict(self, table: CostTable) -> Predictions:
        time_s, ratio, at = self.formula(table, self.values), np.exp(self.ln_width), octaves(table)
        beyond: Bools = (at < self.low - _MARGIN_OCTAVES) | (at > self.high + _MARGIN_OCTAVES)
        return Predictions(time_s, time_s / ratio, time_s * ratio, np.any(beyond, axis=1))

    def as_dict(self) -> dict[str, Any]:
        constants = {
            p.name: {"value": float(v), "lo": _or_null(lo), "hi": _or_null(hi), "unit": p.unit, "meaning": p.meaning}
            for p, v, lo, hi in zip(self.parameters, self.values, self.value_lo, self.value_hi, strict=True)
        }
        sizes = {"low_octaves": self.low.tolist(), "high_octaves": self.high.tolist()}
        return {"constants": constants, "ln_width": self.ln_width, "common": self.common, **sizes}


@dataclass(frozen=True)
class Curve:
    """A predictor with one formula. `fixed` are values that are not fitted, as those that a paper published."""

    name: str
    meaning: str
    formula: Formula
    parameters: tuple[Parameter, ...]
    fixed: tuple[float, ...] | None = None

    def fit(self, table: CostTable) -> FittedCurve:
        require_rows(table)
        values = self._values(table)
        errors, jackknife = np.empty(len(table)), []
        fold_of = conformal.folds(table.units)
        for fold in np.unique(fold_of):
            rows = fold_of == fold
            own = self._values(table.only(~rows), values)
            jackknife.append(own)
            errors[rows] = np.log(table.time_s[rows] / self.formula(table.only(rows), own))
        lo, hi = _intervals(values, np.array(jackknife), self.parameters, is_fixed=self.fixed is not None)
        at, width = octaves(table), conformal.quantile(np.abs(errors), table.units)
        return FittedCurve(
            self.formula,
            self.parameters,
            values,
            lo,
            hi,
            float(f"{width:.{_DIGITS}g}"),
            conformal.common(errors, table.units),
            at.min(axis=0),
            at.max(axis=0),
        )

    def load(self, _: Subject, values: Mapping[str, Any]) -> FittedPredictor:
        constants = [values["constants"][parameter.name] for parameter in self.parameters]
        value = np.array([number_of(one["value"]) for one in constants])
        lo, hi = (np.array([_or_nan(one[key]) for one in constants]) for key in ("lo", "hi"))
        low, high = (numbers_of(values[key]) for key in ("low_octaves", "high_octaves"))
        if not len(low) == len(high) == _SIZES:
            raise ValueError("the sizes of the fit are of another number")
        width, common = number_of(values["ln_width"], 0), number_of(values["common"])
        return FittedCurve(self.formula, self.parameters, value, lo, hi, width, common, low, high)

    def _values(self, table: CostTable, start: Floats | None = None) -> Floats:
        """The constants that fit best, or those that are fixed."""
        if self.fixed is not None:
            return np.array(self.fixed)
        from scipy.optimize import least_squares

        positive = np.array([parameter.is_positive for parameter in self.parameters])

        def plain(x: Floats) -> Floats:
            reached = np.clip(x, *np.where(positive, [[-_MOST_LOG], [_MOST_LOG]], [[-_MOST_PLAIN], [_MOST_PLAIN]]))
            return np.where(positive, np.exp(np.where(positive, reached, 0.0)), reached)

        def residuals(x: Floats) -> Floats:
            return np.log(np.maximum(self.formula(table, plain(x)), _LEAST)) - np.log(table.time_s)

        first = self._start(table) if start is None else start
        guess = np.where(positive, np.log(np.where(positive, first, 1.0)), first)
        found = least_squares(residuals, guess, loss="soft_l1", f_scale=_ROBUST, max_nfev=_MOST_STEPS).x
        return np.array([float(f"{value:.{_DIGITS}g}") for value in plain(found)])

    def _start(self, table: CostTable) -> Floats:
        """The parameters' own starts, all times one factor that fits the median."""
        first = np.array([parameter.start for parameter in self.parameters])
        factor = float(np.median(table.time_s / self.formula(table, first)))
        scaled = np.array([parameter.unit.startswith("s") for parameter in self.parameters])
        return np.where(scaled, first * factor, first)


def octaves(table: CostTable) -> Floats:
    """log₂ of pixels, channels, filters, taps and groups."""
    sizes = (table.pixels, table.channels, table.filters, table.taps, table.size("groups"))
    return np.log2(np.maximum(1, np.stack(sizes, axis=1)))


def _intervals(
    values: Floats, jackknife: Floats, parameters: tuple[Parameter, ...], *, is_fixed: bool
) -> tuple[Floats, Floats]:
    """95 % intervals of the constants by the delete-one-unit jackknife (J. W. Tukey, 1958); of positive ones, in ln."""
    if is_fixed:
        unknown = np.full(len(values), np.nan)
        return unknown, unknown
    positive = np.array([parameter.is_positive for parameter in parameters])
    plain, parts = values.copy(), jackknife.copy()
    plain[positive], parts[:, positive] = np.log(plain[positive]), np.log(parts[:, positive])
    n = len(parts)
    spread = np.sqrt((n - 1) / n * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0)) * coverage_factor(n - 1)
    low, high = plain - spread, plain + spread
    # An interval of hundreds of orders of magnitude says that the rows do not determine the constant.
    low[positive], high[positive] = (np.exp(np.clip(end[positive], -_MOST_LN, _MOST_LN)) for end in (low, high))
    return low, high


def _or_null(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else number_of(value)
