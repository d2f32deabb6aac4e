"""Figures of errors, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.predict.judged.scores import redraw, score
from impls.cost_model.cost_table import CostTable
from impls.cost_model.predictions import Predictions
from tests.bench.predict.simulated_times import problem, table


def made(time_s: list[float]) -> CostTable:
    asked = table([problem(size=8 + n) for n in range(len(time_s))])
    return replace(asked, time_s=np.array(time_s))


def said(time_s: list[float], ratio: float = 1.1) -> Predictions:
    times = np.array(time_s)
    return Predictions(times, times / ratio, times * ratio, np.array([False] * (len(times) - 1) + [True]))


def test_figures() -> None:
    found = score(made([1.0, 2.0, 4.0, 10.0]), said([1.05, 2.0, 5.0, 5.0]))
    assert found is not None
    assert (found.rows, found.within, found.coverage, found.outside) == (4, 0.5, 0.5, 0.25)
    assert found.mean == pytest.approx((0.05 + 0 + 0.25 + 0.5) / 4)
    assert found.median == pytest.approx(0.15)
    assert found.half_width == pytest.approx(0.1)
    # Ranks 0, 1, 2, 3 against 0, 1, 2.5, 2.5.
    assert found.spearman == pytest.approx(np.corrcoef([0, 1, 2, 3], [0, 1, 2.5, 2.5])[0, 1])
    assert found.r2 == pytest.approx(1 - (0.05**2 + 1 + 25) / ((3.25**2) + (2.25**2) + (0.25**2) + (5.75**2)))


def test_no_rows_have_no_score_and_equal_times_no_rank() -> None:
    assert score(made([1.0, 2.0]), said([1.0, 2.0]), np.zeros(2, dtype=np.bool_)) is None
    same = score(made([1.0, 1.0]), said([1.0, 2.0]))
    assert same is not None
    assert np.isnan(same.spearman)
    assert np.isnan(same.r2)


def test_redraw_is_of_layers_that_were_measured_again() -> None:
    twice = replace(table([problem()] * 2 + [problem(size=9)]), time_s=np.array([0.9, 1.1, 7.0]))
    assert redraw(twice) == pytest.approx(0.1)


def test_redraw_is_of_intervals_where_nothing_was_measured_again() -> None:
    once = table([problem(size=n) for n in (8, 9, 10)])
    assert np.isnan(redraw(once))
    assert redraw(replace(once, scatter=np.array([0.02, np.nan, 0.04]))) == pytest.approx(0.03)
