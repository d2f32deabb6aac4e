"""Predicts every row by a fit that did not see its line, its family, or its whole kind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.errors import UsageError
from bench.predict.predictors import conformal
from bench.predict.predictors.protocol import Predictor
from bench.predict.tables import units
from impls.cost_model.cost_table import Bools, CostTable, Integers, families
from impls.cost_model.predictions import Predictions

# What may be left out at a time.
LINE, FAMILY, KIND = GROUPINGS = ("line", "family", "kind")
# Of each kind of layers that is left out as a whole: rows that are too many to leave out leave no fit, and too few show
# nothing.
_LEAST_ROWS, _MOST_SHARE = 10, 0.6
# The share of rows with the most MACs that are "the largest sizes".
_LARGEST = 0.1


def folds(table: CostTable, grouping: str) -> Integers:
    """The fold of each row, by lines or families left out whole.

    Raises UsageError for another grouping, and where rows do not stand in lines.
    """
    if grouping == FAMILY:
        return conformal.folds(families(table))
    if grouping == LINE:
        if not units.has_lines(table):
            raise UsageError(f"{table.subject}: the rows do not stand in lines; allowed: --leave-out {FAMILY}")
        return units.lines(table)
    raise UsageError(f"rows cannot be grouped by {grouping!r}; allowed: {', '.join(GROUPINGS)}")


def left_out(predictor: Predictor, table: CostTable, fold_of: Integers, is_fitted: Bools | None = None) -> Predictions:
    """The predictions of every row by a fit to the rows of other folds.

    Rows that are not `is_fitted` (all are by default) are predicted, and never fitted.
    """
    usable = np.ones(len(table), dtype=np.bool_) if is_fitted is None else is_fitted
    time_s, low, high = np.empty(len(table)), np.empty(len(table)), np.empty(len(table))
    outside = np.zeros(len(table), dtype=np.bool_)
    for fold in np.unique(fold_of):
        rows = fold_of == fold
        said = predictor.fit(table.only(~rows & usable)).predict(table.only(rows))
        time_s[rows], low[rows], high[rows], outside[rows] = said.time_s, said.time_lo_s, said.time_hi_s, said.outside
    return Predictions(time_s, low, high, outside)


def kinds(table: CostTable) -> Mapping[str, Bools]:
    """Whole kinds of layers that a table has enough of, and enough without."""
    groups, large = table.size("groups"), table.macs >= np.quantile(table.macs, 1 - _LARGEST)
    found: dict[str, Bools] = {
        "depthwise": (groups > 1) & (table.channels == 1),
        "grouped": (groups > 1) & (table.channels > 1),
        "pointwise": (groups == 1) & (table.taps == 1),
        "strided": table.size("stride_h") > 1,
        "dilated": table.size("dilation_h") > 1,
        "kernels over 9 × 9": table.taps > 81,
        "largest": large,
    }
    return {name: rows for name, rows in found.items() if rows.sum() >= _LEAST_ROWS and rows.mean() <= _MOST_SHARE}


def without_kind(predictor: Predictor, table: CostTable, rows: Bools) -> Predictions:
    """The predictions of the rows of a kind by a fit to all others, for the table of those rows."""
    return predictor.fit(table.only(~rows)).predict(table.only(rows))
