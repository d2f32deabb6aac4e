"""Factors of 95 % intervals: Student's t, and the studentized range for all differences of several means."""

from __future__ import annotations

import math

import pytest

from bench.estimates.student import NORMAL, coverage_factor, range_factor

# Quantiles of the studentized range, as printed in tables of the 95 % point (H. L. Harter, Annals of Mathematical
# Statistics 31(4), 1960).
TABLE = [
    (3, 2, 8.331),
    (3, 10, 3.877),
    (5, 4, 6.287),
    (10, 20, 5.008),
    (20, 5, 8.208),
    (20, 120, 5.126),
    (5, NORMAL, 3.858),
]


@pytest.mark.parametrize(("means", "freedom", "quantile"), TABLE)
def test_the_range_of_several_means_is_that_of_the_tables(means: int, freedom: int, quantile: float) -> None:
    assert range_factor(means, freedom) * math.sqrt(2) == pytest.approx(quantile, rel=2e-4)


@pytest.mark.parametrize("freedom", [1, 2, 4.5, 30, NORMAL])
def test_two_means_are_a_pair(freedom: float) -> None:
    assert range_factor(2, freedom) == coverage_factor(freedom)
    assert range_factor(3, freedom) > range_factor(2, freedom)


def test_degrees_of_freedom_need_not_be_whole() -> None:
    assert range_factor(6, 4) > range_factor(6, 4.5) > range_factor(6, 5)


@pytest.mark.parametrize(("means", "freedom"), [(1, 5), (3, 0)])
def test_a_range_needs_two_means_and_a_degree_of_freedom(means: int, freedom: int) -> None:
    with pytest.raises(ValueError, match="a range needs 2 means or more"):
        range_factor(means, freedom)
