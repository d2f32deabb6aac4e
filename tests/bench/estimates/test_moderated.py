"""Variances shrunk across cases: known priors are found again, and limits are as in the paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.estimates.moderated import PriorVariance, moderated, prior_of


@pytest.mark.parametrize(("freedom", "variance"), [(2.0, 1.0), (4.0, 1e-4), (20.0, 9.0)])
def test_a_known_prior_is_found_again(freedom: float, variance: float) -> None:
    rng = np.random.default_rng(0)
    cases, own = 20_000, 5.0
    true = variance * freedom / rng.chisquare(freedom, cases)
    found = prior_of(true * rng.chisquare(own, cases) / own, np.full(cases, own))
    assert found.freedom == pytest.approx(freedom, rel=0.1)
    assert found.variance == pytest.approx(variance, rel=0.05)


def test_variances_that_scatter_by_chance_alone_are_one() -> None:
    rng = np.random.default_rng(1)
    # A little less scatter than chance, so that the excess is below 0 for sure.
    found = prior_of(3.0 * (rng.chisquare(5.0, 5_000) / 5.0) ** 0.9, np.full(5_000, 5.0))
    assert math.isinf(found.freedom)
    mixed, total = moderated(np.array([1.0, np.nan]), np.array([5.0, 0.0]), found)
    assert mixed == pytest.approx([found.variance] * 2)
    assert total == pytest.approx([5.0, 5.0])


def test_a_case_is_between_its_own_variance_and_the_common_one() -> None:
    mixed, total = moderated(np.array([1.0, 9.0, np.nan]), np.array([4.0, 4.0, 0.0]), PriorVariance(3.0, 2.0))
    assert mixed == pytest.approx([(2 * 3 + 4 * 1) / 6, (2 * 3 + 4 * 9) / 6, 3.0])
    assert total == pytest.approx([6.0, 6.0, 2.0])


def test_degrees_of_freedom_are_at_most_those_of_all() -> None:
    assert moderated(np.array([1.0]), np.array([4.0]), PriorVariance(1.0, 50.0))[1] == pytest.approx([4.0])


@pytest.mark.parametrize(
    ("variances", "freedom", "prior"),
    [
        ([], [], PriorVariance(0.0, 0.0)),
        ([2.0], [3.0], PriorVariance(2.0, 0.0)),
        ([0.0, 0.0], [3.0, 3.0], PriorVariance(0.0, 0.0)),
        ([np.nan, np.nan], [3.0, 3.0], PriorVariance(0.0, 0.0)),
    ],
)
def test_too_few_variances_have_nothing_in_common(
    variances: list[float], freedom: list[float], prior: PriorVariance
) -> None:
    assert prior_of(np.array(variances), np.array(freedom)) == prior


def test_a_variance_of_zero_is_no_error() -> None:
    found = prior_of(np.array([0.0, 1.0, 1.2, 0.9]), np.full(4, 4.0))
    assert found.variance > 0
    assert found.freedom > 0
