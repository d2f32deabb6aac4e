"""How well measures of cost follow the times of a table, and where the best mixture of two lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.errors import UsageError
from bench.estimates.student import coverage_factor
from bench.predict.judged.cross_validation import left_out
from bench.predict.judged.scores import correlation, ranks
from bench.predict.predictors.alpha_flops import ALPHA_PUBLISHED, ALPHA_REFITTED, PUBLISHED
from bench.predict.predictors.law_process import LawProcess
from bench.predict.predictors.protocol import Predictor
from bench.predict.study.results import (
    ALPHA,
    ALPHA_HERE,
    EXECUTED,
    FLOPS,
    LAW,
    PARAMETERS,
    TIME,
    MeasureFit,
    MixedMeasure,
)
from impls.cost_model.cost_table import CostTable, Floats

_LEAST = 1e-300
# Fewer places of FLOPs give no interval.
_LEAST_PLACES = 3


def of_times(table: CostTable, *, is_executed_known: bool) -> tuple[MeasureFit, ...]:
    """The measures of the times of a table, whose units are places of FLOPs; those of too few rows are left out."""
    fitted = ((ALPHA_HERE, ALPHA_REFITTED), (LAW, LawProcess()))
    predicted = [(name, _left_out(predictor, table)) for name, predictor in fitted]
    return (
        *_counted(table, table.time_s, is_executed_known=is_executed_known),
        *(_measure(name, values, table.time_s, "s") for name, values in predicted if values is not None),
    )


def of_joules(table: CostTable, joules: Floats, *, is_executed_known: bool) -> tuple[MeasureFit, ...]:
    """The measures of measured joules, one for each row of a table, with the time as one of them."""
    counted = _counted(table, joules, is_executed_known=is_executed_known)
    return (*counted, _measure(TIME, table.time_s, joules, "s"))


def alpha_constants(table: CostTable) -> dict[str, tuple[float, float, float]]:
    """The constants of α-FLOPs fitted to a table with the ends of their 95 % intervals; none of too few rows."""
    try:
        fitted = ALPHA_REFITTED.fit(table)
    except UsageError:
        return {}
    ends = zip(fitted.parameters, fitted.values, fitted.value_lo, fitted.value_hi, strict=True)
    return {p.name: (float(value), float(low), float(high)) for p, value, low, high in ends}


def mixed(table: CostTable) -> MixedMeasure | None:
    """The mixture of FLOPs and parameters that the times follow best, by least squares of logarithms.

    ln(time / FLOPs) = c + share · ln(parameters / FLOPs). None where that ratio does not vary within what is left of
    the places when one is left out.
    """
    places = np.unique(table.units)
    if len(places) < _LEAST_PLACES:
        return None
    x, y = np.log(table.weights / table.macs), np.log(table.time_s / table.macs)
    share = _slope(x, y)
    parts = [_slope(x[rows], y[rows]) for rows in (table.units != place for place in places)]
    if share is None or None in parts:
        return None
    n, known = len(parts), np.array(parts, dtype=np.float64)
    half = float(np.sqrt((n - 1) / n * ((known - known.mean()) ** 2).sum()) * coverage_factor(n - 1))
    return MixedMeasure(share, share - half, share + half)


def _slope(x: Floats, y: Floats) -> float | None:
    return float(np.polyfit(x, y, 1)[0]) if len(x) and np.ptp(x) > 0 else None


def _counted(table: CostTable, target: Floats, *, is_executed_known: bool) -> Sequence[MeasureFit]:
    """Measures that follow from sizes alone."""
    alpha_flops = 2 * ALPHA_PUBLISHED.formula(table, np.array(PUBLISHED)) / PUBLISHED[0]
    executed = [_measure(EXECUTED, table.flops, target)] if is_executed_known else []
    return (
        _measure(FLOPS, 2 * table.macs, target),
        _measure(PARAMETERS, table.weights, target, ""),
        *executed,
        _measure(ALPHA, alpha_flops, target),
    )


def _left_out(predictor: Predictor, table: CostTable) -> Floats | None:
    """The predicted times of each place of FLOPs by a fit to the others; None of too few rows."""
    try:
        return left_out(predictor, table, table.units).time_s
    except UsageError:
        return None


def _measure(name: str, values: Floats, target: Floats, unit: str = "FLOP") -> MeasureFit:
    linear = correlation(np.log(np.maximum(values, _LEAST)), np.log(target))
    spearman = correlation(ranks(values), ranks(target))
    return MeasureFit(name, spearman, linear**2, tuple(map(float, values)), unit)
