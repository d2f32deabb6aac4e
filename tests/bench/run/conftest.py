"""Sweeps without workers: a crew that measures nothing, a clock that every look advances, no sensor unless forged."""

from __future__ import annotations

import pytest

from bench.energy.bracket import bracket
from bench.energy.meter import Found
from bench.run import rounds
from bench.run import sweep as sweeping
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.run.fake_crew import FakeCrew, Sensor


@pytest.fixture
def crews(monkeypatch: pytest.MonkeyPatch) -> type[FakeCrew]:
    class Fresh(FakeCrew):
        made: list[FakeCrew] = []  # noqa: RUF012
        spread: dict[int, float] = {}  # noqa: RUF012

    monkeypatch.setattr(sweeping, "Crew", Fresh)
    # On any machine: no sensor is found, and the processor is of a forged class.
    monkeypatch.setattr(sweeping, "meters", lambda model: ())
    monkeypatch.setattr(bracket, "here", lambda: BRACKET)
    # Every look at the clock advances it by a second: a visit takes one.
    ticks = iter(range(10**6))
    monkeypatch.setattr(rounds.time, "monotonic", lambda: float(next(ticks)))
    return Fresh


@pytest.fixture
def sensor(crews: type[FakeCrew], monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found("fake", "cpu", "counter", ("package-0",), open=Sensor)  # type: ignore[arg-type]
    monkeypatch.setattr(sweeping, "meters", lambda model: (found,))
