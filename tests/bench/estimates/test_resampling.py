"""Figures of several runs: the run is the unit, and intervals cover the truth in simulated runs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from bench.estimates import resampling
from bench.estimates.binomial import Figure, share
from bench.estimates.resampling import (
    LEAST_RUNS,
    quantile_between_runs,
    quantile_of_runs,
    share_between_runs,
    share_of_runs,
)


def _holds(figure: Figure, truth: float) -> bool:
    """Whether the interval holds the truth; a missing end is no bound."""
    return (figure.low is None or figure.low <= truth) and (figure.high is None or truth <= figure.high)


def _apart(runs: np.ndarray) -> dict[tuple[int, int], list[float]]:
    return {(a, b): np.abs(runs[b] - runs[a]).tolist() for a, b in combinations(range(len(runs)), 2)}


def _runs(rng: np.random.Generator, count: int, run_sd: float, rows: int) -> np.ndarray:
    """Runs whose rows scatter by 1, and which lie apart as a whole."""
    return rng.normal(0, run_sd, (count, 1)) + rng.normal(0, 1, (count, rows))


@pytest.fixture(autouse=True)
def fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "_RESAMPLES", 300)


@pytest.mark.parametrize("run_sd", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("q", [0.5, 0.95])
def test_the_interval_of_a_difference_between_runs_covers_the_truth(run_sd: float, q: float) -> None:
    trials, rng = 120, np.random.default_rng(3)
    # |difference| of two normal values, each with the variance of a row and of a run.
    truth = {0.5: 0.67449, 0.95: 1.95996}[q] * np.sqrt(2 * (1 + run_sd**2))
    hits = [_holds(quantile_between_runs(_apart(_runs(rng, 16, run_sd, 12)), q), truth) for _ in range(trials)]
    assert 0.89 <= np.mean(hits) <= 1


@pytest.mark.parametrize("run_sd", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("q", [0.5, 0.95])
def test_the_interval_of_a_quantile_covers_the_truth(run_sd: float, q: float) -> None:
    trials, rng = 200, np.random.default_rng(4)
    truth = {0.5: 0.0, 0.95: 1.64485}[q] * np.sqrt(1 + run_sd**2)
    hits = [_holds(quantile_of_runs(_runs(rng, 16, run_sd, 12).tolist(), q), truth) for _ in range(trials)]
    assert 0.89 <= np.mean(hits) <= 1


@pytest.mark.parametrize(("scatter", "least", "most"), [(0.0, 0.93, 1.0), (0.25, 0.9, 0.99)])
def test_the_interval_of_a_share_covers_the_truth(scatter: float, least: float, most: float) -> None:
    """Also where the share differs from run to run, by a beta distribution of this standard deviation."""
    trials, rng, mean = 300, np.random.default_rng(5), 0.7
    hits = []
    for _ in range(trials):
        spread = mean * (1 - mean) / scatter**2 - 1 if scatter else None
        shares = rng.beta(mean * spread, (1 - mean) * spread, 16) if spread else np.full(16, mean)
        hits.append(_holds(share_of_runs([(rng.random(10) < p).tolist() for p in shares]), mean))
    assert least <= np.mean(hits) <= most


def test_values_of_one_run_are_worth_less_than_values_of_many() -> None:
    alike = [[float(run)] * 20 for run in range(16)]
    mixed = [[float((run + place) % 16) for place in range(20)] for run in range(16)]
    wide, narrow = quantile_of_runs(alike, 0.5), quantile_of_runs(mixed, 0.5)
    assert wide.value == narrow.value == 7.5
    assert wide.low is not None
    assert wide.high is not None
    assert narrow.low is not None
    assert narrow.high is not None
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_a_share_without_scatter_has_the_interval_of_its_trials() -> None:
    assert share_of_runs([[True] * 5] * 8) == share([True] * 40)
    apart = share_of_runs([[True] * 5] * 4 + [[False] * 5] * 4)
    by_trials = share(([True] * 5 + [False] * 5) * 4)
    assert apart.low is not None
    assert by_trials.low is not None
    assert apart.low < by_trials.low - 0.1
    assert (apart.value, apart.trials) == (0.5, 40)


def test_too_few_runs_have_no_interval() -> None:
    few = [[1.0, 2.0]] * (LEAST_RUNS - 1)
    assert quantile_of_runs(few, 0.5) == Figure(1.5, None, None, 6)
    assert quantile_between_runs({(0, 1): [0.25], (0, 2): [0.75]}, 0.5) == Figure(0.5, None, None, 2)
    # Its trials bound a share all the same.
    assert share_of_runs([[True, False]] * 2) == share([True, False, True, False])


def test_an_end_that_the_values_do_not_bound_is_missing() -> None:
    assert quantile_of_runs([[1.0], [2.0], [3.0], [4.0], [5.0]], 0.95).high is None


@pytest.mark.parametrize(
    "figure",
    [
        lambda: share_of_runs([[], []]),
        lambda: quantile_of_runs([[]], 0.5),
        lambda: quantile_between_runs({}, 0.5),
    ],
)
def test_without_a_value_there_is_no_figure(figure: Callable[[], Figure]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        figure()


def test_the_same_values_have_the_same_interval() -> None:
    runs = _runs(np.random.default_rng(6), 10, 1.0, 5).tolist()
    assert quantile_of_runs(runs, 0.5) == quantile_of_runs(runs, 0.5)


def test_the_share_of_pairs_is_worth_no_more_than_its_runs() -> None:
    """One odd run of ten makes nine alarms of 45: as pairs they are many, as runs they are one."""
    odd = {(a, b): [a == 0] for a, b in combinations(range(10), 2)}
    found = share_between_runs(odd)
    assert (found.value, found.trials) == (9 / 45, 45)
    as_pairs = share([hit for hits in odd.values() for hit in hits])
    assert found.high is not None
    assert as_pairs.high is not None
    assert found.high > as_pairs.high + 0.1


def test_a_share_of_few_runs_takes_pairs_as_independent() -> None:
    apart = {(a, b): [True] for a, b in combinations(range(LEAST_RUNS - 1), 2)}
    assert share_between_runs(apart).high == 1.0
    with pytest.raises(ValueError, match="at least one trial"):
        share_between_runs({})
