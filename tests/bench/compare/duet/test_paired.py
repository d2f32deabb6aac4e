"""The paired test: equal sides raise few alarms, changes are found, and drift of the machine is none."""

from __future__ import annotations

import numpy as np
import pytest

from bench.compare.duet.paired import paired_changes, shared_by_pairs
from bench.compare.quantities import LEVEL, SHARED_PART
from bench.estimates.binomial import share
from bench.estimates.families import holm

OWN = LEVEL * (1 - SHARED_PART)
FAMILIES = 300


def simulated(rng: np.random.Generator, rows: int, *, scatter: float, shared: float, alike: float = 4.0) -> np.ndarray:
    """Logs of 6 pairs: rows differ in their scatter as in an inverse chi-square with `alike` degrees of freedom."""
    own = scatter * np.sqrt(alike / rng.chisquare(alike, rows))
    return rng.normal(size=(6, rows)) * own + rng.normal(size=(6, 1)) * shared


def has_alarm(logs: np.ndarray) -> bool:
    p, together = holm(paired_changes(logs, OWN).p), shared_by_pairs(logs).p
    return bool((p <= OWN).any()) or (together is not None and together <= LEVEL * SHARED_PART)


def lowest(alarms: list[bool]) -> float:
    """The lower end of the 95 % interval of their share."""
    low = share(alarms).low
    assert low is not None
    return low


@pytest.mark.parametrize("shared", [0.0, 0.003, 0.01])
@pytest.mark.parametrize("alike", [4.0, 20.0])
def test_of_equal_sides_one_family_in_twenty_has_an_alarm_at_most(shared: float, alike: float) -> None:
    rng = np.random.default_rng(20)
    alarms = [
        has_alarm(simulated(rng, int(rng.integers(50, 201)), scatter=0.01, shared=shared, alike=alike))
        for _ in range(FAMILIES)
    ]
    # By chance alone: 95 % of series of this many families lie within the interval.
    assert lowest(alarms) <= LEVEL


@pytest.mark.parametrize("rows", [1, 3, 9])
def test_few_rows_have_no_more(rows: int) -> None:
    rng = np.random.default_rng(21)
    alarms = [has_alarm(simulated(rng, rows, scatter=0.01, shared=0.01)) for _ in range(FAMILIES)]
    assert lowest(alarms) <= LEVEL


def test_a_tenth_of_rows_that_is_slower_is_found() -> None:
    rng = np.random.default_rng(22)
    found = []
    for _ in range(20):
        logs = simulated(rng, 200, scatter=0.005, shared=0.0)
        logs[:, :20] += np.log(1.02)
        found.append((holm(paired_changes(logs, OWN).p)[:20] <= OWN).mean())
    assert np.mean(found) >= 0.8


def test_a_change_of_everything_is_a_change_of_all_rows_together() -> None:
    rng = np.random.default_rng(23)
    shared = shared_by_pairs(simulated(rng, 50, scatter=0.01, shared=0.002) + np.log(1.03))
    assert shared.p is not None
    assert shared.p < 0.001
    assert shared.change == pytest.approx(np.log(1.03), abs=0.005)
    # Nothing is taken out of the rows.
    assert not shared.of_runs.any()


def test_estimates_are_means_of_logarithms() -> None:
    logs = np.log(np.array([[1.0, 2.0], [1.0, 8.0]]))
    found = paired_changes(logs, OWN)
    assert np.exp(found.change).tolist() == pytest.approx([1.0, 4.0])
    # One degree of freedom each: two rows say nothing about each other.
    assert found.freedom.tolist() == [1.0, 1.0]
    assert found.error[1] == pytest.approx(np.log(2) * np.sqrt(2) / np.sqrt(2))


def test_a_row_of_one_pair_has_no_uncertainty() -> None:
    logs = np.array([[0.1, 0.2], [np.nan, 0.3], [np.nan, 0.1]])
    found = paired_changes(logs, OWN)
    assert found.change[0] == pytest.approx(0.1)
    assert np.isnan(found.p[0])
    assert np.isfinite(found.p[1])


def test_the_shared_scatter_of_pairs_counts_in_every_row() -> None:
    """Else all rows of a pair with an unlucky place in memory would be alarms at once."""
    rng = np.random.default_rng(24)
    quiet = paired_changes(simulated(rng, 100, scatter=0.001, shared=0.0), OWN)
    moved = paired_changes(simulated(rng, 100, scatter=0.001, shared=0.02), OWN)
    assert np.median(moved.error) > 5 * np.median(quiet.error)
    # Six pairs tell it with five degrees of freedom.
    assert 5 <= np.median(moved.freedom) < np.median(quiet.freedom)
