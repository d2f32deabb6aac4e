"""The Gaussian process on deviations."""

from __future__ import annotations

import numpy as np
import pytest

from bench.predict.predictors.process_fit import INDUCING, apart, fit
from impls.cost_model import process
from impls.cost_model.process import FLOOR_VARIANCE, Places, ProcessReach

RNG = np.random.default_rng(0)
REACH = ProcessReach(4.0, 0.1)


def places(count: int, share: float = 1.0, floor: int = 0, spread: float = 10.0) -> Places:
    return Places(RNG.uniform(0, spread, (count, 3)), np.full(count, share), np.full(count, floor, dtype=np.int64))


def test_it_is_the_exact_process_where_rows_are_few() -> None:
    """Against the formulas of Rasmussen and Williams, eq. 2.25 and 2.26."""
    known, asked, deviations = places(60), places(20), RNG.normal(0, 0.1, 60)
    mean, variance = fit(known, deviations, REACH).predict(asked)
    inverse = np.linalg.inv(process.covariance(known, known, 4.0) + 0.1 * np.eye(60))
    near = process.covariance(asked, known, 4.0)
    assert mean == pytest.approx(near @ inverse @ deviations, abs=1e-5)
    assert variance == pytest.approx(1.1 - np.einsum("ij,jk,ik->i", near, inverse, near), abs=1e-4)


def test_it_finds_a_smooth_deviation_and_knows_less_further_away() -> None:
    known = places(300)
    deviations = 0.3 * np.sin(known.at[:, 0] / 3)
    asked = Places(np.array([[5.0, 5.0, 5.0], [60.0, 5.0, 5.0]]), np.ones(2), np.zeros(2, dtype=np.int64))
    mean, variance = fit(known, deviations, REACH).predict(asked)
    assert mean[0] == pytest.approx(0.3 * np.sin(5 / 3), abs=0.03)
    assert abs(mean[1]) < 0.01
    assert variance[0] < 0.3 < 1.0 < variance[1]


def test_at_a_floor_deviations_of_the_work_do_not_show() -> None:
    """Rows at the same place, one at the floor: what the other deviates by says nothing of it."""
    known = Places(np.zeros((1, 3)), np.ones(1), np.zeros(1, dtype=np.int64))
    at_floor = Places(np.zeros((1, 3)), np.zeros(1), np.zeros(1, dtype=np.int64))
    mean, variance = fit(known, np.array([0.5]), REACH).predict(at_floor)
    assert mean[0] == pytest.approx(0.0)
    assert variance[0] == pytest.approx(FLOOR_VARIANCE + REACH.noise)


@pytest.mark.parametrize(("floor", "is_shared"), [(0, True), (1, False)])
def test_rows_at_one_floor_share_a_deviation(floor: int, is_shared: bool) -> None:
    known = places(50, share=0.0, spread=100.0)
    asked = places(1, share=0.0, floor=floor)
    (mean,), _ = fit(known, np.full(50, 0.2), REACH).predict(asked)
    assert mean == pytest.approx(0.2 if is_shared else 0.0, abs=0.01)


def test_many_rows_are_carried_by_few() -> None:
    known = places(INDUCING + 200)
    deviations = 0.3 * np.sin(known.at[:, 0] / 3)
    asked = places(100)
    mean, _ = fit(known, deviations, REACH).predict(asked)
    assert mean == pytest.approx(0.3 * np.sin(asked.at[:, 0] / 3), abs=0.05)


def test_carriers_are_far_apart_and_equal_rows_count_once() -> None:
    at = np.repeat(np.array([[0.0], [10.0], [1.0]]), 4, axis=0)
    assert at[apart(at, 3)].ravel().tolist() == [0.0, 10.0, 1.0]
    assert len(apart(at, 9)) == 3
    assert len(apart(np.empty((0, 2)), 9)) == 0
