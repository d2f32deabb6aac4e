"""What a case shows of its twins by the public rule, and how far that is from the truth."""

from __future__ import annotations

from typing import Any

import pytest

from bench.qualify.shown import of_rows
from bench.store.schema import Row
from bench.store.status import Flag, Status
from tests.bench.qualify.forged_runs import shown


def _row(name: str, time_s: float, low: float = 1.0, high: float = 1.0, **more: Any) -> Row:
    known: dict[str, Any] = {
        "descriptor": "d", "time_s": time_s, "time_low_s": 0.99 * time_s, "time_high_s": 1.01 * time_s,
        "over_best": time_s, "over_best_low": low, "over_best_high": high, "time_fast_s": 0.9 * time_s,
    }  # fmt: skip
    return Row(implementation=name, **(known | more))


def test_rows_are_shown_beside_the_truth() -> None:
    rows = [_row("twin-a", 1.0), _row("twin-b", 1.004, 0.99, 1.02), _row("slower-2", 1.021, 1.01, 1.03)]
    best, equal, slow = of_rows(4, "quiet", rows, {("d", "slower-2"): 1e-4})
    assert (best.is_reference, best.over_best, best.covers, best.error) == (True, None, None, None)
    assert equal.error == pytest.approx(0.004)
    assert (equal.called_slower, equal.covers, equal.run) == (False, True, 4)
    assert equal.ratio_rel == pytest.approx(0.03 / 2 / 1.004)
    assert slow.truth == pytest.approx(1.0201)
    assert (slow.called_slower, slow.covers) == (True, True)
    assert (slow.time_s, slow.time_fast_s, slow.time_rel) == (1.021, pytest.approx(0.9189), pytest.approx(0.01))


def test_an_equal_twin_called_slower_than_a_slow_one_is_a_false_alarm() -> None:
    rows = [_row("slower-1", 1.0), _row("twin-a", 1.01, 1.005, 1.015), _row("twin-b", 1.02, 0.99, 1.05)]
    best, alarm, other = of_rows(0, "quiet", rows, {})
    assert best.implementation == "slower-1"
    assert alarm.truth == pytest.approx(1 / 1.01)
    assert (alarm.called_slower, alarm.covers) == (True, False)
    assert other.error == pytest.approx(1.02 * 1.01 - 1)


def test_without_a_usable_interval_nothing_is_covered_and_the_time_is_wide() -> None:
    wide = {"flags": (Flag.WIDE_INTERVAL,), "time_low_s": None, "time_high_s": None}
    rows = [_row("twin-a", 1.0), _row("twin-b", 1.1, 0.5, 2.0, **wide)]
    _, other = of_rows(0, "quiet", rows, {})
    assert (other.covers, other.ratio_rel, other.time_rel) == (None, None, None)
    assert other.is_wide
    assert not other.called_slower


def test_rows_without_a_time_are_left_out() -> None:
    failed = Row(implementation="twin-b", descriptor="d", status=Status.CRASHED, reason="why")
    assert [s.implementation for s in of_rows(0, "quiet", [_row("twin-a", 1.0), failed], {})] == ["twin-a"]
    assert of_rows(0, "quiet", [failed], {}) == []


@pytest.mark.parametrize(("low", "high", "covers"), [(0.99, 1.01, True), (1.001, 1.01, False), (None, None, None)])
def test_an_interval_covers_the_truth_or_not(low: float | None, high: float | None, covers: bool | None) -> None:
    assert shown("twin-b", low=low, high=high).covers is covers
