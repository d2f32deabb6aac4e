"""Intervals whose units are lines or families."""

from __future__ import annotations

import numpy as np
import pytest

from bench.predict.predictors import conformal


def test_folds_never_divide_a_unit() -> None:
    few, many = np.repeat(np.arange(8), 5), np.repeat(np.arange(200), 3)
    for units, count in ((few, 8), (many, 5)):
        folds = conformal.folds(units)
        assert len(np.unique(folds)) == count
        assert all(len(np.unique(folds[units == unit])) == 1 for unit in np.unique(units))
    assert np.array_equal(conformal.folds(many), conformal.folds(many))


def test_each_unit_weighs_the_same() -> None:
    """A unit of a thousand small scores does not hide nine of one large score each."""
    units = np.concatenate([np.zeros(1000), np.arange(1, 10)]).astype(np.int64)
    scores = np.concatenate([np.full(1000, 0.1), np.ones(9)])
    assert conformal.quantile(scores, units, 0.9) == 1.0
    assert conformal.quantile(scores, units, 0.09) == 0.1


@pytest.mark.parametrize("between", [0.0, 1.0])
def test_the_interval_covers_rows_of_new_units(between: float) -> None:
    """Errors of a unit have a part in common; the quantile of half of the units covers the rows of the others."""
    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(4000), 6)
    scores = np.abs(rng.normal(0, between, 4000)[units] + rng.normal(0, 1, len(units)))
    first = units < 2000
    width = conformal.quantile(scores[first], units[first])
    assert 0.88 < np.mean(scores[~first] <= width) < 0.92


@pytest.mark.parametrize(("between", "expected"), [(0.0, 0.0), (1.0, 0.5), (3.0, 0.9)])
def test_the_common_part_of_errors_is_found(between: float, expected: float) -> None:
    rng = np.random.default_rng(4)
    units = np.repeat(np.arange(500), 5)
    errors = rng.normal(0, between, 500)[units] + rng.normal(0, 1, len(units))
    assert conformal.common(errors, units) == pytest.approx(expected, abs=0.05)


def test_units_of_one_row_say_nothing_of_the_common_part() -> None:
    assert conformal.common(np.array([0.1, -0.2, 0.3]), np.arange(3)) == 1.0
