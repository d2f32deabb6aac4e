"""The delay of a wall meter, from values that show a load pattern."""

from __future__ import annotations

import random
import time

import pytest

from bench.energy.load_pattern import LATEST_S, TimeAndLoad, find_delay, keep_busy, run_pattern
from bench.energy.meter import MeterError

BUSY = [(10.0, 25.0), (31.0, 37.0), (40.0, 43.0), (46.0, 49.0)]


def _share(begin_s: float, end_s: float) -> float:
    return sum(max(0.0, min(end, end_s) - max(begin, begin_s)) for begin, end in BUSY) / (end_s - begin_s)


def _values(late_s: float, noise_w: float, seed: int = 0, swing_w: float = 30.0) -> list[tuple[float, float]]:
    """A value a second for a minute: the mean power of the second that ended `late_s` before."""
    rng = random.Random(seed)
    times = [0.3 + second for second in range(60)]
    return [(t, 50.0 + swing_w * _share(t - 1 - late_s, t - late_s) + rng.gauss(0, noise_w)) for t in times]


@pytest.mark.parametrize("late_s", [0.0, 0.35, 2.5, 8.7])
def test_the_delay_is_found_without_noise(late_s: float) -> None:
    found = find_delay(_values(late_s, 0.0), BUSY)
    assert found.delay_s == pytest.approx(late_s, abs=0.026)
    assert found.swing_w == pytest.approx(30.0, rel=0.02)
    assert found.explained == pytest.approx(1.0, abs=0.01)


def test_the_interval_of_the_delay_holds_it_with_noise() -> None:
    found = [find_delay(_values(2.52, 3.0, seed), BUSY) for seed in range(40)]
    hits = sum(abs(delay.delay_s - 2.52) <= delay.u95_s for delay in found)
    # 38 of 40 are expected.
    assert hits >= 34
    assert all(delay.u95_s < 0.5 for delay in found)


def test_power_that_does_not_follow_the_load_is_refused() -> None:
    with pytest.raises(MeterError, match=r"does not follow this machine: a load pattern explains \d+% of its changes"):
        find_delay(_values(0.0, 3.0, swing_w=0.0), BUSY)


def test_power_that_falls_under_load_is_refused() -> None:
    with pytest.raises(MeterError, match="does not follow this machine"):
        find_delay(_values(0.0, 0.1, swing_w=-30.0), BUSY)


def test_values_of_more_than_ten_seconds_ago_are_refused() -> None:
    with pytest.raises(MeterError, match="arrive more than 10 s late"):
        find_delay(_values(10.6, 0.0), BUSY)


def test_too_few_values_are_refused() -> None:
    with pytest.raises(MeterError, match="only 20 values came while the load pattern ran; 21 are needed"):
        find_delay(_values(0.0, 0.0)[:20], BUSY)


@pytest.mark.parametrize(("interval_s", "step_s"), [(1.0, 3.0), (0.1, 1.0), (5.0, 15.0)])
def test_the_pattern_has_steps_of_several_values_and_waits_for_late_ones(interval_s: float, step_s: float) -> None:
    now_s = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now_s[0] += seconds

    def load(seconds: float) -> None:
        now_s[0] += seconds

    busy = run_pattern(interval_s, TimeAndLoad(lambda: now_s[0], sleep, load))
    assert len(busy) == 9
    assert all(end - begin == pytest.approx(step_s) for begin, end in busy)
    assert busy[0][0] == 100.0 + step_s
    assert slept == [step_s] * 5 + [LATEST_S + step_s]


def test_the_load_lasts_as_long_as_asked() -> None:
    began_s = time.perf_counter()
    keep_busy(0.05)
    assert time.perf_counter() - began_s >= 0.05
