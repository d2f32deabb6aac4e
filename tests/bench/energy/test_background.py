"""Sensors that a thread reads, and integrals of their power."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import pytest

from bench.energy.background import Background, PowerIntegrals
from bench.energy.meter import MeterError

# An interval so long that the thread takes no sample.
NEVER_S = 3_600.0


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def _integrals(clock: Clock, powers: Iterator[Mapping[str, float]]) -> PowerIntegrals:
    return PowerIntegrals("forged", lambda: next(powers), clock)


def test_each_scope_has_its_integral_and_packages_a_sum() -> None:
    clock = Clock()
    both = [{"package-0": 100.0, "package-1": 10.0}, {"package-0": 300.0, "package-1": 10.0}]
    integrals = _integrals(clock, iter(both))
    clock.now_s = 2.0
    assert integrals.take() == pytest.approx({"packages": 420.0, "package-0": 400.0, "package-1": 20.0})


def test_one_package_has_no_sum() -> None:
    clock = Clock()
    integrals = _integrals(clock, iter([{"package-0": 100.0}] * 2))
    clock.now_s = 1.0
    assert integrals.take() == {"package-0": 100.0}


def test_absurd_power_is_named_at_opening_and_later() -> None:
    with pytest.raises(MeterError, match="forged package-0 reports 20000 W"):
        _integrals(Clock(), iter([{"package-0": 20_000.0}]))
    integrals = _integrals(Clock(), iter([{"package-0": 20.0}, {"package-0": -20.0}]))
    with pytest.raises(MeterError, match="forged package-0 reports a negative power"):
        integrals.take()


def test_readings_return_what_the_last_step_found() -> None:
    clock, values = Clock(), iter([{"battery": 0.0}, {"battery": 5.0}])
    background = Background("forged", lambda: next(values), NEVER_S, clock)
    clock.now_s = 1.5
    assert (background.read().time_s, background.read().joules) == (1.5, {"battery": 0.0})
    background.step()
    assert background.read().joules == {"battery": 5.0}
    background.close()


def test_a_sensor_that_hangs_is_an_error() -> None:
    clock = Clock()
    background = Background("forged", lambda: {"wall": 0.0}, NEVER_S, clock)
    clock.now_s = 4 * NEVER_S + 1
    with pytest.raises(MeterError, match=r"forged has not answered for 14401\.0 s"):
        background.read()
    background.close()


def test_an_error_in_the_thread_is_raised_by_each_later_reading() -> None:
    asked = threading.Event()

    def take() -> dict[str, float]:
        if asked.is_set():
            raise MeterError("the sensor is gone")
        return {"wall": 1.0}

    background = Background("forged", take, 1e-4)
    asked.set()
    background._thread.join(10)
    assert not background._thread.is_alive()
    for _ in range(2):
        with pytest.raises(MeterError, match="the sensor is gone"):
            background.read()
    background.close()


def test_the_first_step_is_taken_at_opening() -> None:
    def take() -> dict[str, float]:
        raise MeterError("no permission")

    with pytest.raises(MeterError, match="no permission"):
        Background("forged", take, NEVER_S)
