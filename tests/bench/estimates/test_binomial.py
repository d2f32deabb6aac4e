"""Intervals of shares and quantiles, compared with textbook values and with simulation."""

from __future__ import annotations

import random

import pytest

from bench.estimates.binomial import quantile, share


# Clopper and Pearson's 95 % limits, as in published tables.
@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129), (95, 100, 0.8872, 0.9836), (1, 1, 0.025, 1)],
)
def test_shares_have_clopper_and_pearsons_interval(hits: int, trials: int, low: float, high: float) -> None:
    figure = share([True] * hits + [False] * (trials - hits))
    assert figure.value == hits / trials
    assert (figure.low, figure.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@pytest.mark.parametrize(
    ("n", "q", "bounded"), [(20, 0.95, (True, False)), (20, 0.5, (True, True)), (3, 0.5, (False, False))]
)
def test_an_interval_end_without_a_bound_is_missing(n: int, q: float, bounded: tuple[bool, bool]) -> None:
    figure = quantile([float(i) for i in range(n)], q)
    assert (figure.low is not None, figure.high is not None) == bounded


@pytest.mark.parametrize(("n", "q"), [(20, 0.5), (100, 0.95), (200, 0.95)])
def test_quantile_intervals_cover_the_quantile(n: int, q: float) -> None:
    rng, hits = random.Random(n), 0
    for _ in range(500):
        figure = quantile([rng.random() for _ in range(n)], q)
        hits += (figure.low is None or figure.low <= q) and (figure.high is None or q <= figure.high)
    assert hits / 500 >= 0.92


def test_empty_lists_are_refused() -> None:
    with pytest.raises(ValueError, match="a share needs at least one trial; 0 were given"):
        share([])
    with pytest.raises(ValueError, match="a quantile needs at least one value; 0 were given"):
        quantile([], 0.5)
