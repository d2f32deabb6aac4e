"""A verdict follows from an adjusted p-value and an interval, and the time to the next one from both."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.compare.change import RowChanges
from bench.compare.verdicts import ChangeVerdict, runs_to_decide, verdict


@pytest.mark.parametrize(
    ("change", "p", "ends", "expected"),
    [
        (0.1, 0.01, (0.05, 0.15), ChangeVerdict.SLOWER),
        (-0.1, 0.01, (-0.15, -0.05), ChangeVerdict.FASTER),
        (0.001, 0.9, (-0.01, 0.012), ChangeVerdict.SAME),
        (0.001, 0.9, (-0.03, 0.03), ChangeVerdict.UNDECIDED),
        # A difference that is certain and small is a difference.
        (0.01, 0.001, (0.009, 0.011), ChangeVerdict.SLOWER),
        (0.1, None, None, ChangeVerdict.UNDECIDED),
    ],
)
def test_verdicts(change: float, p: float | None, ends: tuple[float, float] | None, expected: ChangeVerdict) -> None:
    assert verdict(change, p, 0.04, ends, 0.02) is expected


def test_more_runs_are_needed_where_runs_scatter_and_where_a_change_is_at_the_margin() -> None:
    change = np.array([0.1, 0.1, 0.05, 0.0, math.log(1.02)])
    of_run = np.array([1.0, 4.0, 1.0, 1.0, 1.0]) * 1e-4
    rows = RowChanges(change, change, np.ones(5), np.ones(5), of_run)
    one, noisy, small, none, margin = runs_to_decide(rows, 0.05, 0.02)
    assert noisy == pytest.approx(4 * one)
    assert small == pytest.approx(4 * one)
    # No change is proven by the interval; at the margin only a p-value decides.
    assert margin > none
    assert all(math.isfinite(runs) for runs in (one, none, margin))
