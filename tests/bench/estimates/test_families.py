"""Adjusted p-values: worked examples, and the promised error where tests depend on each other."""

from __future__ import annotations

import numpy as np
import pytest

from bench.estimates.families import divisions, holm, max_t

NAN = float("nan")


@pytest.mark.parametrize(
    ("given", "adjusted"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.5], [1.0, 1.0]),
        ([0.02, NAN, 0.5], [0.04, NAN, 0.5]),
        ([], []),
        ([0.01], [0.01]),
    ],
)
def test_holm_is_that_of_the_paper(given: list[float], adjusted: list[float]) -> None:
    assert holm(np.array(given)) == pytest.approx(adjusted, nan_ok=True)


@pytest.mark.parametrize(("old", "new", "count"), [(5, 5, 252), (1, 1, 2), (3, 2, 10), (10, 10, 1000)])
def test_every_division_has_the_sides_sizes_and_the_observed_one_is_first(old: int, new: int, count: int) -> None:
    found = divisions(old, new)
    assert found.shape == (count, old + new)
    assert set(found.sum(axis=1)) == {new}
    assert list(np.flatnonzero(found[0])) == list(range(old, old + new))
    if count < 1000:
        assert len({tuple(row) for row in found}) == count


def test_the_largest_statistic_decides_step_by_step() -> None:
    observed = np.array([3.0, -1.0, NAN])
    divided = np.array([[3.0, -1.0, NAN], [2.0, 0.5, NAN], [-3.5, 2.0, NAN], [0.1, -1.5, NAN]])
    # |3| is reached by 2 of 4 maxima of both; |1| by 3 of 4 of the second alone.
    assert max_t(observed, divided) == pytest.approx([0.5, 0.75, NAN], nan_ok=True)


def test_equal_tests_cost_nothing_where_holm_pays_for_each() -> None:
    rng = np.random.default_rng(0)
    one = rng.normal(size=(400, 1))
    one[0] = np.abs(one).max() + 1
    many = np.repeat(one, 50, axis=1)
    assert max_t(many[0], many)[0] == pytest.approx(1 / 400)
