"""A whole measurement: its figures, the order of its windows, its stopping rule and its failures."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from bench import format
from bench.energy.measured import MeasuredEnergy
from bench.energy.meter import MeterError, Reading
from bench.energy.plan import FULL, QUICK, Windows
from bench.energy.protocol import measure
from bench.energy.work import Workload
from tests.bench.energy.energy_world import IDLE_W, FakeMeter, FakeWork, World, vanishing

PLAN = Windows("test", 0.2, 20, 3, 1.0, 2.0, 30.0)
Works = dict[str, Callable[[], Workload]]


def _run(world: World, meter: FakeMeter, works: Works, plan: Windows = PLAN, **given: Any) -> MeasuredEnergy:
    return measure(meter, works, plan, world.clock, world.sleep, random.Random(0), **given)


def _world(tau_s: float = 0.01) -> tuple[World, FakeMeter]:
    world = World(7)
    return world, FakeMeter(world, tau_s)


def test_a_figure_holds_its_method_and_conditions() -> None:
    world, meter = _world()
    measured = _run(world, meter, {"a": lambda: FakeWork(world, 1e-4, 100.0)})
    figure = measured.figures["a"]["board"]
    assert (figure.method, figure.source, figure.scope, figure.plan) == ("counter", "fake", "board", "test")
    assert (figure.windows, figure.rejected, figure.gain_rel, figure.idle_subtracted) == (3, 0, 0.05, True)
    assert figure.tau_s == pytest.approx(0.01, rel=0.05)
    assert figure.window_s == pytest.approx(0.2, rel=0.06)
    assert figure.gross_j == pytest.approx(100 * 1e-4, rel=0.01)
    assert figure.net_j == pytest.approx((100 - IDLE_W) * 1e-4, rel=0.01)
    assert figure.u95_j == pytest.approx(0.0, abs=0.02 * (100 - IDLE_W) * 1e-4)
    assert figure.idle_w == pytest.approx(IDLE_W, rel=0.01)
    assert figure.power_w == pytest.approx(100.0, rel=0.01)
    assert (figure.flags, figure.reason, measured.stopped_by) == ((), None, "windows")


def test_rounds_hold_each_candidate_once_in_random_order() -> None:
    world, meter = _world()
    works: Works = {n: lambda: FakeWork(world) for n in "abcd"}
    rounds = _run(world, meter, works, Windows("test", 0.2, 20, 12, 0.0, 1.0, 60.0)).rounds
    assert len(rounds) == 12
    assert all(sorted(r) == list("abcd") for r in rounds)
    assert len(set(rounds)) > 8


def test_without_idle_power_only_gross_joules_are_known() -> None:
    world, meter = _world()
    plan = Windows("test", 0.2, 20, 3, 0.0, 1.0, 30.0)
    figure = _run(world, meter, {"a": lambda: FakeWork(world)}, plan).figures["a"]["board"]
    assert (figure.net_j, figure.idle_w, figure.idle_subtracted) == (None, None, False)
    assert figure.gross_j is not None
    assert figure.u95_j == figure.gross_u95_j


def test_rounds_go_on_until_intervals_are_narrow() -> None:
    world, meter = _world()
    plan = Windows("test", 0.2, 20, 3, 1.0, 1.0, 60.0, 0.01)
    works: Works = {"calm": lambda: FakeWork(world), "rough": lambda: FakeWork(world, scatter=0.02)}
    measured = _run(world, meter, works, plan)
    assert measured.stopped_by == "target_rel"
    assert measured.figures["rough"]["board"].windows > 6
    assert all(j["board"].best.rel_u95 <= 0.01 for j in measured.joules.values())


def test_the_budget_ends_rounds_that_do_not_become_narrow() -> None:
    world, meter = _world()
    plan = Windows("test", 0.2, 20, 3, 1.0, 1.0, 2.0, 1e-5)
    started = world.now_s
    measured = _run(world, meter, {n: lambda: FakeWork(world, scatter=0.02) for n in "ab"}, plan)
    assert measured.stopped_by == "budget_s"
    # Idle power and warm-up come on top of 2 s for each of two candidates.
    assert world.now_s - started < 4 + 4 * 1.0 + 2 * 1.0 + 1
    assert "target-missed" in measured.figures["a"]["board"].flags


def test_a_budget_too_small_still_gives_one_window_each() -> None:
    world, meter = _world()
    plan = Windows("test", 0.2, 20, 3, 1.0, 1.0, 1e-3)
    measured = _run(world, meter, {n: lambda: FakeWork(world) for n in "ab"}, plan)
    for name in "ab":
        figure = measured.figures[name]["board"]
        assert figure.windows == 1
        assert {"one-window", "few-windows"} <= set(figure.flags)
        assert figure.u95_j is not None


def test_windows_throttled_for_heat_do_not_count() -> None:
    world, meter = _world()
    number = itertools.count()
    # The two ends of every other window, including idle windows.
    meter.facts = lambda: {"throttle_reasons": ["thermal"] if next(number) % 4 < 2 else []}
    figure = _run(world, meter, {"a": lambda: FakeWork(world)}).figures["a"]["board"]
    assert (figure.windows, figure.rejected) == (3, 3)
    assert "windows-rejected" in figure.flags
    meter.facts = lambda: {"throttle_reasons": ["thermal"]}
    plan = Windows("test", 0.2, 20, 3, 1.0, 1.0, 2.0)
    figure = _run(world, meter, {"a": lambda: FakeWork(world)}, plan).figures["a"]["board"]
    assert (figure.method, figure.gross_j, figure.net_j, figure.u95_j) == ("unavailable", None, None, None)
    taken = format.count(figure.rejected, "window")
    assert figure.reason == f"no window counts: {taken} taken while the device was throttled for heat"


def test_other_processes_and_idle_drift_are_flagged() -> None:
    world, meter = _world()
    meter.facts = lambda: {"other_processes": [12]}

    def warming() -> Workload:
        class Warming(FakeWork):
            def finish(self) -> None:
                super().finish()
                world.idle_w = 1.1 * IDLE_W if self.completed else IDLE_W

        return Warming(world)

    figure = _run(world, meter, {"a": warming}).figures["a"]["board"]
    assert {"other-processes", "idle-drift"} <= set(figure.flags)


@pytest.mark.parametrize(("scale", "flagged"), [(1.0, False), (1.02, False), (1.1, True), (0.9, True)])
def test_two_meters_that_disagree_are_flagged(scale: float, flagged: bool) -> None:
    world, meter = _world()
    beside = FakeMeter(world, 0.002, scale=scale)
    figure = _run(world, meter, {"a": lambda: FakeWork(world)}, check=beside).figures["a"]["board"]
    assert figure.check_rel == pytest.approx(scale - 1, abs=0.015)
    assert ("counter-vs-integral" in figure.flags) == flagged


def _raising() -> Workload:
    raise ImportError("no such kernel")


@pytest.mark.parametrize("made", [True, False], ids=["in a call", "when made"])
def test_a_candidate_that_raises_is_dropped_and_the_others_go_on(made: bool) -> None:
    world, meter = _world()
    bad: Callable[[], Workload] = (lambda: FakeWork(world, raises_after=3000)) if made else _raising
    measured = _run(world, meter, {"bad": bad, "good": lambda: FakeWork(world)})
    figure = measured.figures["bad"]["board"]
    assert figure.reason is not None
    assert figure.reason.startswith(f"{'RuntimeError: out of memory' if made else 'ImportError: no such kernel'} (")
    assert (figure.method, figure.gross_j, figure.windows) == ("unavailable", None, 0)
    assert measured.figures["good"]["board"].windows == 3
    with pytest.raises(ValueError, match="bad has no joules to compare"):
        measured.ratio("bad", over="good", scope="board")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_failed_meter_makes_all_figures_null_with_its_reason(share: float) -> None:
    """At any time: while the period is measured, at rest, or within windows."""
    world, meter = _world()
    _run(world, meter, {n: lambda: FakeWork(world) for n in "ab"})
    reads = int(share * meter.reads)
    world, meter = _world()
    meter.spoil = vanishing(reads)
    measured = _run(world, meter, {n: lambda: FakeWork(world) for n in "ab"})
    assert {f["board"].reason for f in measured.figures.values()} == {"the sensor is gone"}
    assert {f["board"].gross_j for f in measured.figures.values()} == {None}


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_meter_that_fails_in_the_last_rest_keeps_the_figures(share: float) -> None:
    world, meter = _world()
    ends = []

    class Ending(FakeWork):
        def finish(self) -> None:
            super().finish()
            ends.append(meter.reads)

    _run(world, meter, {n: lambda: Ending(world, 1e-4, 100.0) for n in "ab"})
    reads = ends[-1] + int(share * (meter.reads - ends[-1]))
    world, meter = _world()
    meter.spoil = vanishing(reads)
    measured = _run(world, meter, {n: lambda: FakeWork(world, 1e-4, 100.0) for n in "ab"})
    assert len(measured.idle) == 1
    assert measured.stopped_by == "windows"
    for name in "ab":
        figure = measured.figures[name]["board"]
        assert (figure.reason, figure.flags, figure.windows) == (None, ("no-idle-after",), 3)
        assert figure.net_j == pytest.approx((100 - IDLE_W) * 1e-4, rel=0.01)


def test_a_lost_or_still_scope_is_null_and_the_first_is_kept() -> None:
    world, meter = _world()
    meter.scopes = ("board", "memory", "platform")
    left, read = iter(range(400)), meter.read

    def losing() -> Reading:
        reading = read()
        joules = {**reading.joules, "platform": 0.0}
        if next(left, None) is not None:
            return Reading(reading.time_s, joules)
        del joules["memory"]
        return Reading(reading.time_s, joules, {"memory": "it ran backwards"})

    meter.read = losing
    measured = _run(world, meter, {"a": lambda: FakeWork(world, 1e-4, 100.0)})
    figures = measured.figures["a"]
    assert figures["board"].net_j == pytest.approx((100 - IDLE_W) * 1e-4, rel=0.01)
    assert (figures["memory"].gross_j, figures["memory"].reason) == (None, "it ran backwards")
    assert (figures["platform"].gross_j, figures["platform"].method) == (None, "unavailable")
    assert figures["platform"].reason == "the counter of fake platform did not move in any window"
    assert tuple(measured.joules["a"]) == ("board",)
    with pytest.raises(ValueError, match="no joules to compare"):
        measured.ratio("a", over="a", scope="memory")


def test_unreadable_conditions_are_a_reason() -> None:
    world, meter = _world()

    def refuse() -> dict[str, Any]:
        raise MeterError("the driver refused")

    meter.facts = refuse
    assert _run(world, meter, {"a": lambda: FakeWork(world)}).figures["a"]["board"].reason == "the driver refused"


def test_a_ratio_covers_the_truth() -> None:
    world, meter = _world()
    works: Works = {"a": lambda: FakeWork(world, 2e-4, 100.0), "b": lambda: FakeWork(world, 1e-4, 100.0)}
    found = _run(world, meter, works).ratio("a", over="b", scope="board")
    assert found.low <= 2.0 <= found.high


def test_a_candidate_without_a_plateau_is_flagged() -> None:
    world, meter = _world()
    powers = itertools.cycle([80.0, 120.0])
    measured = _run(world, meter, {"a": lambda: FakeWork(world, powers=powers)})
    assert "no-plateau" in measured.figures["a"]["board"].flags


@pytest.mark.parametrize(
    ("plan", "tau_s", "length_s"), [(QUICK, 0.001, 0.5), (QUICK, 0.1, 2.0), (FULL, 0.02, 5.0), (FULL, 0.2, 10.0)]
)
def test_windows_last_seconds_or_periods(plan: Windows, tau_s: float, length_s: float) -> None:
    assert plan.length_s(tau_s) == pytest.approx(length_s)


@pytest.mark.parametrize("wrong", [{"window_s": 0.0}, {"windows": 0}, {"idle_s": -1.0}, {"target_rel": 0.0}])
def test_an_impossible_plan_is_refused(wrong: dict[str, float]) -> None:
    given: dict[str, Any] = {"label": "x", "window_s": 1, "periods": 1, "windows": 1, "budget_s": 1}
    with pytest.raises(ValueError, match="is not allowed"):
        Windows(**{"idle_s": 0, "warm_up_s": 0, **given, **wrong})


def test_no_candidates_are_refused() -> None:
    world, meter = _world()
    with pytest.raises(ValueError, match="no candidates"):
        _run(world, meter, {})
