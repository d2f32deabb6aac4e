"""Joules of a forged wall meter: its delay and its clock, gaps, other time zones, absurd power."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.energy import protocol
from bench.energy.asked import Asked
from bench.energy.load_pattern import TimeAndLoad
from bench.energy.meter import MeterError
from bench.energy.period import update_period
from bench.energy.plan import Windows
from bench.energy.wall_meter import find
from bench.energy.window import Setup, aligned
from tests.bench.energy.forged_wall import STEP_S, Polled, WallWork, WallWorld, swings


def test_joules_count_from_opening_and_move_with_each_value() -> None:
    world = WallWorld()
    meter = world.opened()
    assert (meter.source, meter.method, meter.device, meter.scopes) == (
        "wall-meter", "power_integral", "cpu", ("wall",),
    )  # fmt: skip
    assert world.clock() == pytest.approx(3.0, abs=0.1), "three values are enough"
    seen = []
    for _ in range(4):
        world.go_on(1.0)
        seen.append(meter.read().joules["wall"])
    assert seen == pytest.approx([50.0, 100.0, 150.0, 200.0])
    meter.close()
    assert world.is_closed


@pytest.mark.parametrize(
    ("interval_s", "late_s", "ahead_s", "every"),
    [(1.0, 0.0, 0.0, 1), (1.0, 1.5, -7.0, 2), (1.0, 3.2, 40.0, 3), (0.5, 4.3, 0.25, 5), (2.0, 0.3, -59.0, 1)],
)
def test_the_delay_and_the_clock_are_found_by_a_load_pattern(
    interval_s: float, late_s: float, ahead_s: float, every: int
) -> None:
    world = WallWorld(interval_s, late_s, ahead_s)
    meter = world.opened()
    meter.synchronise()
    delay_s, offset_s, swing_w = swings(meter.conditions())
    # In steps of a twentieth of the interval.
    assert delay_s == pytest.approx(late_s, abs=0.06 * interval_s + 2 * STEP_S)
    assert offset_s == pytest.approx(ahead_s, abs=0.06 * interval_s + 3 * STEP_S)
    assert swing_w == pytest.approx(40.0, rel=0.05)
    world.go_on(3 * every * interval_s)
    period = update_period(Polled(world, meter), world.clock)
    assert period.tau_s == pytest.approx(every * interval_s, rel=0.05)
    meter.close()


@pytest.mark.parametrize("late_s", [0.0, 1.8, 5.1])
def test_windows_hold_the_power_of_the_work_alone(late_s: float) -> None:
    """The work before a window lasts two periods, which is longer than the values are late."""
    world = WallWorld(late_s=late_s)
    meter = world.opened()
    meter.synchronise()
    polled = Polled(world, meter)
    setup = Setup(polled, update_period(polled, world.clock), world.clock)
    tau_s = setup.period.tau_s
    world.sleep(30.0)
    window = aligned(setup, WallWork(world), 19.5 * tau_s, lead_s=2 * tau_s, observe=False)
    assert window.energy_j["wall"] / window.window_s == pytest.approx(90.0, rel=0.03)
    assert window.window_s == pytest.approx(20 * tau_s, rel=0.05)
    meter.close()


def test_a_measurement_synchronises_first() -> None:
    world = WallWorld(late_s=3.2)
    meter = world.opened()
    plan = Windows("test", window_s=1.0, periods=20, windows=2, idle_s=20.0, warm_up_s=20.0, budget_s=1_000.0)

    class Synchronised(Polled):
        def synchronise(self, sleep: Callable[[float], None]) -> None:
            assert sleep == world.sleep
            self.meter.synchronise(sleep)
            self.still_s = self.meter.still_s

    found = protocol.measure(
        Synchronised(world, meter), {"work": lambda: WallWork(world)}, plan, world.clock, world.sleep
    )
    figure = found.figures["work"]["wall"]
    assert figure.reason is None
    assert figure.tau_s == pytest.approx(3.0, rel=0.05)
    assert figure.power_w == pytest.approx(90.0, rel=0.03)
    assert figure.idle_w == pytest.approx(50.0, rel=0.03)
    assert found.windows["work"][0].conditions[0]["delay_s"] == pytest.approx(3.2, abs=0.1)
    meter.close()


def test_a_meter_of_another_machine_is_named() -> None:
    world = WallWorld()
    world.busy_w = world.rest_w
    meter = world.opened()
    with pytest.raises(MeterError, match="does not follow this machine: a load pattern explains 0% of its changes"):
        meter.synchronise()
    meter.close()


@pytest.mark.parametrize(
    ("ahead_s", "text"),
    [
        (7_200.0, r"are \+2 h from the clock of this machine: they are of another time zone"),
        (-18_003.0, r"are -5 h from the clock of this machine: they are of another time zone"),
        (20_700.0, r"are \+5.75 h from the clock of this machine: they are of another time zone"),
        (-400.0, r"are -400 s from the clock of this machine, and 60 s are allowed"),
        (1e7, r"are \+10,000,000 s from the clock of this machine"),
    ],
)
def test_another_time_is_named(ahead_s: float, text: str) -> None:
    world = WallWorld(ahead_s=ahead_s)
    with pytest.raises(MeterError, match=text):
        world.opened()
    assert world.is_closed


@pytest.mark.parametrize(
    ("false_w", "text"),
    [(-5.0, "the forged meter reports a negative power"), (0.0, "reports 0 W"), (12_000.0, "over the 10,000 W")],
)
def test_absurd_power_is_named(false_w: float, text: str) -> None:
    world = WallWorld()
    meter = world.opened()
    world.false_w = false_w
    with pytest.raises(MeterError, match=text):
        world.go_on(1.0)
    meter.close()


def test_a_meter_that_stops_is_named() -> None:
    world = WallWorld()
    meter = world.opened()
    world.is_silent = True
    with pytest.raises(MeterError, match=r"no new line for 5\.\d s, where one came every 1 s"):
        world.go_on(10.0)
    meter.close()


def test_a_gap_is_named() -> None:
    world = WallWorld()
    meter = world.opened()
    world.is_silent = True
    world.go_on(3.5)
    world.is_silent = False
    with pytest.raises(MeterError, match=r"the forged meter has a gap of 4 s before .*, where a value came every 1 s"):
        world.go_on(1.0)
    meter.close()


def test_a_meter_without_lines_is_not_available() -> None:
    world = WallWorld()
    world.is_silent = True
    with pytest.raises(MeterError, match="the forged meter had 0 new lines in 30 s, and 3 are needed"):
        world.opened()
    assert world.is_closed


def test_a_slow_meter_is_refused() -> None:
    world = WallWorld(interval_s=6.0)
    with pytest.raises(MeterError, match="has a value every 6 s; one every 5 s or more often is needed"):
        world.opened()


def test_what_is_asked_for_is_opened(tmp_path: Path) -> None:
    assert "none was named" in str(find(Asked()).why_not)
    assert find(Asked()).is_asked_for is False
    assert "CONVCOST_METER=csv:FILE" in str(find(Asked()).remedy)
    assert "none was named" in str(find(Asked("battery")).why_not)
    wrong = find(Asked(error="CONVCOST_METER is 'x'"))
    assert (wrong.why_not, wrong.is_asked_for) == ("CONVCOST_METER is 'x'", True)
    missing = find(Asked("csv", str(tmp_path / "log.csv")))
    assert missing.is_asked_for
    assert "log.csv cannot be opened: No such file" in str(missing.why_not)
    assert "cannot be started" in str(find(Asked("command", "/nonexistent/meter")).why_not)


def test_a_file_that_a_logger_writes_is_detected(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("timestamp,watts\n2001-01-01T00:00:00Z,1\n")
    world = WallWorld()

    def sleep(seconds: float) -> None:
        world.sleep(seconds)
        with file.open("a") as log:
            log.writelines(f"{line}\n" for line in world.new())

    found = find(Asked("csv", str(file)), TimeAndLoad(world.unix, sleep, world.load))
    assert found.why_not is None
    assert (found.scopes, found.method) == (("wall",), "power_integral")
