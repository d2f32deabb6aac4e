"""Slowed calls on a forged clock: each takes exactly the wanted time longer, and the overshoot is counted."""

from __future__ import annotations

import pytest

from bench.qualify import spin
from bench.qualify.spin import overshoots, slowed, timed

TICK = 40


class Clock:
    """A clock in nanoseconds that each reading moves by a tick, and each call by `work` ns."""

    def __init__(self) -> None:
        self.now, self.readings, self.work = 0, 0, 100_000

    def read(self) -> int:
        self.now, self.readings = self.now + TICK, self.readings + 1
        return self.now

    def run(self, x: float) -> float:
        self.now += self.work
        return 2 * x


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    forged = Clock()
    monkeypatch.setattr(spin.time, "perf_counter_ns", forged.read)
    monkeypatch.setattr(spin, "_late", {})
    return forged


@pytest.mark.parametrize("percent", [1, 2, 3, 5])
def test_a_slowed_call_takes_exactly_so_much_longer(clock: Clock, percent: int) -> None:
    """Whatever the call takes, as if the machine changed its pace."""
    call, plain = slowed(clock.run, percent, "problem", "twin"), timed(clock.run)
    for clock.work in (100_000, 50_000, 300_000):
        before = clock.now
        assert plain(1.0) == 2.0
        honest, before = clock.now - before, clock.now
        assert call(1.0) == 2.0
        # From its start to the last reading; the first one is before the call.
        added = (clock.now - before) - honest
        assert 0 <= added - percent * (clock.work + TICK) // 100 <= TICK


def test_an_equal_twin_reads_the_clock_twice(clock: Clock) -> None:
    timed(clock.run)(1.0)
    assert clock.readings == 2


def test_the_overshoot_is_counted_by_case_and_candidate(clock: Clock) -> None:
    clock.work = 102_000
    first, second = slowed(clock.run, 1, "problem", "a"), slowed(clock.run, 5, "problem", "b")
    for _ in range(4 * spin._COUNTED):
        first(1.0)
    second(1.0)
    (found,) = overshoots()
    assert (found["descriptor"], found["implementation"], found["calls"]) == ("problem", "a", 4)
    # A hundredth of 102,040 ns is over after 1,020, and the clock is read every 40 ns: after 1,040.
    assert found["overshoot"] == pytest.approx(20 / 102_040)
    assert overshoots() == []
