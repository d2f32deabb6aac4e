"""Values of a wall meter by its own time stamps."""

from __future__ import annotations

import pytest

from bench.energy.meter import MeterError
from bench.energy.wall_lines import WallValue
from bench.energy.wall_series import WallSeries, require_our_time

START_S = 1_740_826_800.0


def _series(*powers: float, interval_s: float = 1.0) -> WallSeries:
    first = [WallValue(START_S + number * interval_s, power_w) for number, power_w in enumerate(powers)]
    return WallSeries("log", first, interval_s)


def test_joules_are_trapezoids_between_time_stamps() -> None:
    series = _series(50.0, 70.0)
    assert series.joules == pytest.approx(60.0)
    series.add(WallValue(START_S + 3.5, 90.0))
    assert series.joules == pytest.approx(60.0 + 2.5 * 80.0)


@pytest.mark.parametrize(
    ("later_s", "power_w", "text"),
    [
        (
            1.0,
            50.0,
            r"time stamps of log do not increase: 2025-03-01T11:00:01.000\+00:00 comes after 2025-03-01T11:00:01",
        ),
        (-3_599.0, 50.0, "time stamps of log do not increase: 2025-03-01T10:00:01"),
        (4.2, 50.0, "log has a gap of 3.2 s before 2025-03-01T11:00:04.200"),
        (3_601.0, 50.0, r"log has a gap of 3.6e\+03 s"),
        (2.0, -1.0, "log reports a negative power"),
        (2.0, 0.0, "log reports 0 W"),
        (2.0, 57_300.0, "log reports 57300 W, over the 10,000 W"),
        (2.0, float("nan"), "log reports nan W"),
    ],
    ids=["the same second", "an hour back", "a gap", "an hour on", "negative", "zero", "milliwatts", "not a number"],
)
def test_what_cannot_be_integrated_is_named(later_s: float, power_w: float, text: str) -> None:
    series = _series(50.0, 60.0)
    with pytest.raises(MeterError, match=text):
        series.add(WallValue(START_S + later_s, power_w))


def test_absurd_first_values_are_named() -> None:
    with pytest.raises(MeterError, match="log reports 0 W"):
        _series(0.0, 50.0)
    with pytest.raises(MeterError, match="log reports 20000 W"):
        _series(50.0, 20_000.0)


def test_power_that_stands_still_is_named() -> None:
    series = _series(50.0, 50.0)
    for second in range(2, 302):
        series.add(WallValue(START_S + second, 50.0))
    with pytest.raises(MeterError, match="log stands still: 50 W for 301 s"):
        series.add(WallValue(START_S + 302, 50.0))


@pytest.mark.parametrize("ahead_s", [0.0, 59.0, -59.0])
def test_a_clock_may_differ_by_a_minute(ahead_s: float) -> None:
    require_our_time("log", ahead_s)


@pytest.mark.parametrize(
    ("ahead_s", "text"),
    [
        (3_600.0, r"\+1 h from the clock of this machine: they are of another time zone"),
        (-12_600.0 + 40, r"-3.5 h from the clock of this machine: they are of another time zone"),
        (93_600.0, r"\+26 h from the clock of this machine"),
        (100.0, r"\+100 s from the clock of this machine, and 60 s are allowed"),
        (-3_700.0, r"-3,700 s from the clock of this machine"),
        (900_000.0, r"\+900,000 s from the clock of this machine"),
    ],
    ids=["an hour", "three and a half", "the furthest", "a wrong clock", "both", "old or from the future"],
)
def test_another_time_is_named(ahead_s: float, text: str) -> None:
    with pytest.raises(MeterError, match=text):
        require_our_time("log", ahead_s)
