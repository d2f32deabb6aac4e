"""Change points: a planted step is found where it is, and equal runs have none, however alike neighbours are."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from bench.compare.history.steps import LEAST_RUNS, find_steps
from bench.compare.quantities import LEVEL
from bench.errors import UsageError
from bench.estimates.binomial import share
from tests.bench.compare.history.forged_runs import logs

pytest.importorskip("ruptures", reason="ruptures is not installed: pip install ruptures")
RUNS, ROWS = 30, 30


@pytest.mark.parametrize("at", [8, 15, 22])
@pytest.mark.parametrize("change", [0.05, -0.05])
def test_a_step_of_5_percent_in_30_runs_is_found(at: int, change: float) -> None:
    rng, found = np.random.default_rng(at), 0
    for _ in range(10):
        table = logs(rng, RUNS, ROWS)
        table[at:, 3] += np.log1p(change)
        steps = find_steps(table)
        assert {step.series for step in steps} <= {3}
        found += any(abs(step.at - at) <= 2 and step.change * change > 0 for step in steps)
    # Of a hundred, 92 to 99 are found; the others are unlucky draws, found with more runs.
    assert found >= 8


def test_30_series_without_a_step_have_none() -> None:
    assert find_steps(logs(np.random.default_rng(1), RUNS, ROWS)) == []


@pytest.mark.parametrize("alike", [0.0, 0.3, 0.6])
def test_false_steps_are_as_rare_as_they_may_be(alike: float) -> None:
    """Runs of one day resemble each other: taken as independent, half of all histories would have a false step."""
    rng = np.random.default_rng(2)
    low = share([bool(find_steps(logs(rng, RUNS, ROWS, alike=alike))) for _ in range(60)]).low
    assert low is not None
    assert low <= LEVEL


def test_several_steps_of_a_series_are_told_apart() -> None:
    table = logs(np.random.default_rng(3), 40, 12)
    table[10:, 0] += 0.2
    table[25:, 0] -= 0.1
    first, second = find_steps(table)
    assert (first.at, second.at) == (10, 25)
    assert (first.change, second.change) == (pytest.approx(0.2, abs=0.03), pytest.approx(-0.1, abs=0.03))
    assert (first.before, first.after, second.after) == (10, 15, 15)


def test_one_slow_run_or_two_are_no_step() -> None:
    table = logs(np.random.default_rng(4), RUNS, 12)
    table[12:14, 0] += 0.5
    assert find_steps(table) == []


def test_missing_runs_are_passed_over() -> None:
    table = logs(np.random.default_rng(5), RUNS, 12)
    table[15:, 0] += 0.2
    table[[2, 3, 15], 0] = np.nan
    table[4:, 1] = np.nan
    (step,) = find_steps(table)
    # The first run after the step that has the row.
    assert (step.series, step.at, step.before, step.after) == (0, 16, 13, 14)


@pytest.mark.parametrize("runs_made", [0, 1, LEAST_RUNS - 1])
def test_too_few_runs_have_no_steps(runs_made: int) -> None:
    assert find_steps(np.zeros((runs_made, 3))) == []


def test_times_that_repeat_exactly_have_the_steps_that_one_sees() -> None:
    table = np.zeros((20, 2))
    assert find_steps(table) == []
    table[10:, 0] = 0.01
    (step,) = find_steps(table)
    assert (step.series, step.at, step.change) == (0, 10, pytest.approx(0.01))


def test_without_the_library_the_sentence_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ruptures", None)
    with pytest.raises(
        UsageError, match=r"history needs the library ruptures; type: pip install 'convcost\[history\]'"
    ):
        find_steps(np.zeros((10, 1)))
