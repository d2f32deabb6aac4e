"""Others' use of the processors: all that was used, less the program's own; unknown without /proc/stat."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bench.machine import load
from bench.machine.load import LoadWatch, OthersUse, added, is_busy

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class _World:
    """A forged machine: its file, its clock, and the times of this program and its children."""

    def __init__(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._file, self._clock_s = file, 0.0
        self._own = os.times_result((0.0,) * 5)
        monkeypatch.setattr(load, "_STAT_FILE", file)
        monkeypatch.setattr(time, "monotonic", lambda: self._clock_s)
        monkeypatch.setattr(os, "times", lambda: self._own)
        monkeypatch.setattr(time, "process_time", lambda: self._own.user + self._own.system)

    def is_at(self, clock_s: float, seconds: dict[str, float], own: tuple[float, ...] = (0.0,) * 4) -> None:
        names = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice")
        ticks = " ".join(str(round(TICKS_PER_S * seconds.get(name, 0.0))) for name in names)
        self._file.write_text(f"cpu  {ticks}\ncpu0 1 2 3\n", encoding="ascii")
        self._clock_s, self._own = clock_s, os.times_result((*own, 0.0))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _World:
    return _World(tmp_path / "stat", monkeypatch)


@pytest.mark.parametrize(
    ("used", "own", "others"),
    [
        # All of it is this program's: itself and its children that have ended, user and system.
        ({"user": 12.0, "system": 4.0}, (1.0, 1.0, 11.0, 3.0), 0.0),
        # Two processors for others for all of the ten seconds.
        ({"user": 20.0}, (0.0, 0.0, 0.0, 0.0), 2.0),
        ({"user": 10.0, "system": 2.0, "nice": 1.0}, (0.0, 0.0, 10.0, 2.0), 0.1),
        # The host took half a processor.
        ({"user": 10.0, "steal": 5.0}, (0.0, 0.0, 10.0, 0.0), 0.5),
        ({"irq": 1.0, "softirq": 1.0, "idle": 900.0, "iowait": 90.0}, (0.0,) * 4, 0.2),
        # Guests count as user time already.
        ({"user": 10.0, "guest": 10.0}, (0.0, 0.0, 10.0, 0.0), 0.0),
        # Ticks are coarser than the times of this program.
        ({"user": 9.9}, (0.0, 0.0, 10.0, 0.0), 0.0),
    ],
)
def test_others_used_all_but_the_own_share(
    world: _World, used: dict[str, float], own: tuple[float, ...], others: float
) -> None:
    start = {"user": 1000.0, "idle": 5.0}
    world.is_at(100.0, start, (5.0, 5.0, 5.0, 5.0))
    watch = LoadWatch()
    later = {name: start.get(name, 0.0) + used.get(name, 0.0) for name in {**start, **used}}
    world.is_at(110.0, later, tuple(5.0 + seconds for seconds in own))
    assert watch.others() == pytest.approx(others)


@pytest.mark.parametrize("content", [None, "", "cpu 1 2 3\n", "intr 1 2 3 4 5 6 7 8 9\n", "cpu 1 2 3 4 5 6 7 8\n"])
def test_without_a_counter_that_counts_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "stat"
    if content is not None:
        file.write_text(content)
    monkeypatch.setattr(load, "_STAT_FILE", file)
    assert LoadWatch().others() is None


@pytest.mark.parametrize(("others", "busy"), [(None, False), (0.0, False), (0.1, False), (0.11, True), (2.0, True)])
def test_a_tenth_of_a_processor_is_busy(others: float | None, busy: bool) -> None:
    assert is_busy(others) is busy


@pytest.mark.parametrize(
    ("used", "own", "share"),
    [
        ({"user": 10.0, "idle": 30.0}, 10.0, 0.0),
        ({"user": 10.0, "system": 2.0, "idle": 28.0}, 10.0, 0.05),
        ({"user": 8.0, "idle": 20.0, "iowait": 12.0}, 6.0, 0.05),
        ({"user": 10.0, "steal": 4.0, "idle": 26.0}, 10.0, 0.1),
        # Guests count as user time already, in all of it too.
        ({"user": 10.0, "guest": 10.0, "idle": 30.0}, 6.0, 0.1),
        # Ticks are coarser than the own clock.
        ({"user": 9.99, "idle": 30.01}, 10.0, 0.0),
    ],
)
def test_the_share_of_others_is_that_of_all_processor_time(
    world: _World, used: dict[str, float], own: float, share: float
) -> None:
    world.is_at(100.0, {}, (5.0, 0.0, 0.0, 0.0))
    watch = LoadWatch()
    world.is_at(110.0, used, (5.0 + own, 0.0, 0.0, 0.0))
    use = watch.use()
    assert use is not None
    assert use.share == pytest.approx(share)
    assert use.all_s == pytest.approx(40.0)


def test_under_a_tick_no_share_is_known(world: _World) -> None:
    world.is_at(100.0, {"user": 50.0})
    watch = LoadWatch()
    world.is_at(100.001, {"user": 50.0})
    assert watch.use() is None


def test_only_what_ticks_cannot_explain_surely_exceeds_a_limit() -> None:
    assert not OthersUse(0.025, 1.0, 0.02).surely_exceeds(0.01)
    assert OthersUse(0.035, 1.0, 0.02).surely_exceeds(0.01)
    assert OthersUse(0.15, 10.0, 0.02).surely_exceeds(0.01)


def test_periods_are_added_before_small_negative_values_are_cut() -> None:
    """Cutting each at 0 would leave the positive errors of ticks alone."""
    both = added([OthersUse(-0.01, 1.0, 0.02), OthersUse(0.03, 1.0, 0.02)])
    assert both is not None
    assert both.share == pytest.approx(0.01)
    assert both.blur_s == pytest.approx(0.02 * 2**0.5)
    assert added([]) is None
    assert added([OthersUse(0.0, 1.0, 0.02), None]) is None
