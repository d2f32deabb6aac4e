"""Real runs of unchanged code raise few alarms, quiet or beside a busy core."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from bench.compare import compact, identical
from bench.compare.comparison import ComparisonTerms, compare
from bench.estimates.binomial import share
from tests.bench.compare.qualification_runs import CONTROLS, identical_runs

KEPT = Path(__file__).parents[3] / "results" / "reference" / "intel-xeon-2-cores" / "identical.json.xz"
TERMS = ComparisonTerms(controls=CONTROLS)


@pytest.mark.full
@pytest.mark.parametrize(("condition", "alarms"), [("quiet", 8), ("busy", 6)])
def test_pairs_of_one_run_a_side(condition: str, alarms: int) -> None:
    """docs/compare.md has these numbers."""
    runs = identical_runs(condition)
    found = share([compare([a], [b], TERMS).has_alarm for a, b in itertools.combinations(runs, 2)])
    assert (found.value * found.trials, found.trials) == (alarms, 231)
    assert found.value <= 0.05
    assert found.high is not None
    assert found.high <= 0.10


@pytest.mark.full
def test_sweeps_one_after_another() -> None:
    """docs/compare.md has these numbers."""
    found = identical.evaluate(compact.kept(KEPT))
    alarms = round(found.pairs.value * found.pairs.trials)
    assert (found.runs, found.rows, alarms, found.pairs.trials) == (24, 62, 3, 276)
    assert found.is_within_limits


@pytest.mark.parametrize("condition", ["quiet", "busy"])
@pytest.mark.parametrize("runs", [1, 3, 5])
def test_a_sample_of_comparisons(condition: str, runs: int) -> None:
    """Of 20 comparisons with an alarm in one of twenty, six or more alarms have a probability below 0.001."""
    every, rng = identical_runs(condition), np.random.default_rng(0)
    alarms = 0
    for _ in range(20):
        drawn = [every[number] for number in rng.permutation(len(every))[: 2 * runs]]
        alarms += compare(drawn[:runs], drawn[runs:], TERMS).has_alarm
    assert alarms <= 5
