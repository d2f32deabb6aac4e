"""Other programs on the processors: recorded for each window, flagged over 1 %, and busy windows repeated."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bench.energy.flags import EnergyFlag
from bench.energy.measured import MeasuredEnergy
from bench.energy.neighbours import is_enough, quietest, share
from bench.energy.plan import Windows
from bench.energy.protocol import measure
from bench.energy.window import Window
from bench.machine.load import OthersUse
from tests.bench.energy.energy_world import FakeMeter, FakeWork, World
from tests.bench.energy.forged_stat import ForgedStat

PLAN = Windows("test", 1.0, 20, 3, 2.0, 1.0, 60.0)


class CpuMeter(FakeMeter):
    device = "cpu"


def _measured(
    monkeypatch: pytest.MonkeyPatch,
    shares: Callable[[World], float],
    plan: Windows = PLAN,
    meter: type[FakeMeter] = CpuMeter,
    names: str = "a",
) -> tuple[World, MeasuredEnergy]:
    world = World(7)
    stat = ForgedStat(world).install(monkeypatch)
    stat.share = lambda: shares(world)
    works = {name: lambda: FakeWork(world, 1e-4, 100.0) for name in names}
    return world, measure(meter(world, 0.01), works, plan, world.clock, world.sleep, random.Random(0))


@pytest.mark.parametrize(
    ("used", "flags"),
    [
        (0.0, ()),
        (0.007, ()),
        # Over the limit together, while ticks may explain each window alone.
        (0.013, ("busy-neighbours",)),
        (0.03, ("busy-neighbours", "windows-rejected")),
    ],
)
def test_neighbours_are_recorded_and_flagged_over_one_percent(
    monkeypatch: pytest.MonkeyPatch, used: float, flags: tuple[str, ...]
) -> None:
    _, measured = _measured(monkeypatch, lambda world: used)
    figure = measured.figures["a"]["board"]
    # A tick in the four processor-seconds of each of three windows.
    assert figure.neighbours_share == pytest.approx(used, abs=0.0025)
    assert figure.idle_neighbours_share == pytest.approx(used, abs=0.004)
    assert tuple(sorted(figure.flags)) == flags
    windows = [*measured.windows["a"], *(w for side in measured.idle for w in side)]
    assert all(w.neighbours is not None and w.neighbours.share == pytest.approx(used, abs=0.02) for w in windows)


def test_a_system_that_does_not_tell_has_null_and_no_flag() -> None:
    world = World(7)
    works = {"a": lambda: FakeWork(world, 1e-4, 100.0)}
    measured = measure(CpuMeter(world, 0.01), works, PLAN, world.clock, world.sleep, random.Random(0))
    figure = measured.figures["a"]["board"]
    assert (figure.neighbours_share, figure.idle_neighbours_share, figure.flags) == (None, None, ())


def test_a_busy_window_is_repeated_and_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours that run for one second add joules to one window; three quiet ones count."""
    _, quiet = _measured(monkeypatch, lambda world: 0.0)
    work_s = 2.5 + sum(w.window_s for side in quiet.idle[:1] for w in side)
    _, measured = _measured(monkeypatch, lambda world: 0.5 if work_s < world.now_s < work_s + 1.5 else 0.0)
    figure = measured.figures["a"]["board"]
    assert (figure.windows, figure.flags) == (3, ("windows-rejected",))
    assert figure.rejected in (1, 2)
    assert figure.neighbours_share == pytest.approx(0.0, abs=0.005)


def test_a_machine_that_stays_busy_ends_after_twice_the_windows_and_keeps_its_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    levels: Iterator[float] = itertools.cycle([0.2, 0.3])
    world, measured = _measured(monkeypatch, lambda world: next(levels), names="ab")
    for name in "ab":
        figure = measured.figures[name]["board"]
        assert (figure.windows, figure.rejected, figure.method) == (3, 3, "counter")
        assert {"busy-neighbours", "windows-rejected"} == set(figure.flags)
        assert figure.neighbours_share is not None
        assert 0.15 < figure.neighbours_share < 0.35
    assert len(measured.rounds) == 2 * PLAN.windows
    assert [len(side) for side in measured.idle] == [4, 4]
    assert measured.stopped_by == "windows"
    assert world.now_s < 40


def test_the_budget_ends_repeats_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _, measured = _measured(monkeypatch, lambda world: 0.3, replace(PLAN, budget_s=4.0))
    figure = measured.figures["a"]["board"]
    assert (measured.stopped_by, figure.windows) == ("budget_s", 3)
    assert "busy-neighbours" in figure.flags


def test_a_busy_rest_flags_the_net_joules_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    _, measured = _measured(monkeypatch, lambda world: 0.3 if world.level_w == world.idle_w else 0.0)
    figure = measured.figures["a"]["board"]
    assert figure.flags == ("busy-neighbours",)
    assert figure.neighbours_share is not None
    assert figure.idle_neighbours_share is not None
    assert figure.neighbours_share < 0.01 < figure.idle_neighbours_share


def test_a_gpu_is_not_flagged_for_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    _, measured = _measured(monkeypatch, lambda world: 0.3, meter=FakeMeter)
    figure = measured.figures["a"]["board"]
    assert (figure.flags, figure.rejected) == ((), 0)
    assert figure.neighbours_share == pytest.approx(0.3, abs=0.01)


def _windows(*shares: float | None) -> list[Window]:
    made = []
    for used in shares:
        flags = (EnergyFlag.BUSY_NEIGHBOURS,) if used is not None and used > 0.01 else ()
        use = None if used is None else OthersUse(used, 1.0, 0.0)
        made.append(Window({"board": 1.0}, 1.0, 1.0, {"board": (0.0, 0.0)}, flags=flags, neighbours=use))
    return made


@pytest.mark.parametrize(
    ("shares", "enough", "counted"),
    [
        ((), False, ()),
        ((0.0, 0.0), False, (0.0, 0.0)),
        ((0.0, 0.0, 0.0), True, (0.0, 0.0, 0.0)),
        ((None, None, None), True, (None, None, None)),
        # The busy one counts only as long as there are no three others.
        ((0.0, 0.5, 0.0), False, (0.0, 0.5, 0.0)),
        ((0.0, 0.5, 0.0, 0.005), True, (0.0, 0.0, 0.005)),
        # Half of them busy: two are left out, the busiest ones.
        ((0.3, 0.5, 0.0, 0.4, 0.0), False, (0.3, 0.0, 0.0)),
        # Always busy: six are enough for three, and later ones count.
        ((0.3, 0.5, 0.2, 0.4, 0.6, 0.1), True, (0.3, 0.2, 0.1)),
        ((0.3, 0.5, 0.2, 0.4, 0.6, 0.1, 0.2), True, (0.3, 0.2, 0.1, 0.2)),
    ],
)
def test_the_quietest_windows_count_in_their_order(
    shares: tuple[Any, ...], enough: bool, counted: tuple[Any, ...]
) -> None:
    windows = _windows(*shares)
    assert is_enough(windows, 3) == enough
    assert [share([w]) for w in quietest(windows, 3)] == list(counted)


def test_windows_equal_in_every_value_are_told_apart() -> None:
    assert len(quietest(_windows(0.5, 0.5, 0.5, 0.5), 3)) == 3
