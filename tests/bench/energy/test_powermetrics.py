"""Joules of Apple chips from a forged powermetrics: its lines, gaps, absurd power, missing rights."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.energy.all_meters import meters
from bench.energy.asked import Asked
from bench.energy.availability import Unavailable
from bench.energy.meter import MeterError, Reading
from bench.energy.period import update_period
from bench.energy.powermetrics import PowerLines, PowermetricsMeter, PowerSpan, find, open_program
from bench.energy.window import Setup, aligned

# An interval so long that the background thread reads no line.
NEVER_S = 3_600.0

# As macOS 15 writes on an M2.
APPLE = """
*** Sampled system activity (Fri Sep 12 13:41:46 2025 -0700) ({elapsed_ms}ms elapsed) ***


**** Processor usage ****

E-Cluster HW active frequency: 1248 MHz
E-Cluster HW active residency:  77.43% (600 MHz:   0% 912 MHz: .54% 2424 MHz: 8.7%)
CPU 0 frequency: 1359 MHz

CPU Power: {cpu_mw} mW
GPU Power: 26 mW
ANE Power: 323 mW
Combined Power (CPU + GPU + ANE): {all_mw} mW
"""
INTEL = """
*** Sampled system activity (Fri Sep 12 13:41:46 2025 -0700) ({elapsed_ms}ms elapsed) ***

**** Processor usage ****

Intel energy model derived package power (CPUs+GT+SA): {cpu_w}W
"""
MACHINE = "Machine model: Mac14,2\nOS version: 24F74\nBoot arguments: \n"


class World:
    """A forged program and its clock; `said` is what it has written and nobody has read."""

    name, header = "the forged program", ""

    def __init__(self, text: str = "") -> None:
        self.now_s, self.said, self.is_closed = 0.0, text, False

    def clock(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def new(self) -> list[str]:
        lines, self.said = self.said.splitlines(), ""
        return lines

    def close(self) -> None:
        self.is_closed = True

    def say(self, cpu_mw: float, all_mw: float, elapsed_s: float = 0.25) -> None:
        """A sample of the seconds that pass now."""
        self.now_s += elapsed_s
        self.said += APPLE.format(elapsed_ms=f"{elapsed_s * 1e3:.2f}", cpu_mw=cpu_mw, all_mw=all_mw)

    def opened(self) -> PowermetricsMeter:
        self.said += MACHINE
        self.say(5_000, 6_000)
        self.say(5_000, 6_000)
        return PowermetricsMeter(self, self.clock, self.sleep, NEVER_S)


def test_joules_of_samples_add_up_and_scopes_are_never_added() -> None:
    world = World()
    meter = world.opened()
    assert (meter.source, meter.method, meter.device, meter.scopes) == (
        "powermetrics", "power_integral", "cpu", ("cpu-clusters", "cpu-gpu-ane"),
    )  # fmt: skip
    first = meter.read().joules
    world.say(10_000, 12_000, 0.2)
    world.say(20_000, 22_000, 0.3)
    assert meter.read().joules == first, "it moves with each step"
    meter.step()
    now = meter.read().joules
    assert {scope: now[scope] - first[scope] for scope in now} == pytest.approx({"cpu-clusters": 8, "cpu-gpu-ane": 9})
    meter.close()
    assert world.is_closed


class Machine(World):
    """A machine whose time passes in readings and calls of a step; a sample comes every 0.25 s, a step late."""

    step_s, rest_w, busy_w = 0.01, 4.0, 14.0

    def __init__(self) -> None:
        super().__init__()
        self.power_w, self.calls, self.steps, self._used_j, self._next = self.rest_w, 0, 0, 0.0, ""
        self.meter: PowermetricsMeter | None = None

    def clock(self) -> float:
        return self.steps * self.step_s

    def sleep(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds / self.step_s))):
            self.steps, self._used_j = self.steps + 1, self._used_j + self.power_w * self.step_s
            self.said, self._next = self.said + self._next, ""
            if self.steps % 25 == 0:
                cpu_mw, self._used_j = self._used_j / 0.25 * 1e3, 0.0
                # To the whole milliwatt, as the program does; none is like the one before.
                cpu_mw = round(cpu_mw + self.steps % 7)
                self._next = APPLE.format(elapsed_ms="250.00", cpu_mw=cpu_mw, all_mw=cpu_mw + 350)
            if self.meter is not None:
                self.meter.step()

    def read(self) -> Reading:
        self.sleep(self.step_s)
        assert self.meter is not None, "it is open"
        return self.meter.read()

    def advance(self, pace_s: float) -> int:
        self.power_w = self.busy_w
        self.sleep(pace_s)
        self.calls += max(1, round(pace_s / self.step_s))
        return self.calls

    def finish(self) -> None:
        self.power_w = self.rest_w


class Polled:
    """The meter, whose readings take a step of the machine's time."""

    gain_rel = None

    def __init__(self, machine: Machine, meter: PowermetricsMeter) -> None:
        self.source, self.method, self.device, self.scopes = meter.source, meter.method, meter.device, meter.scopes
        self.read, self.conditions, self.close = machine.read, meter.conditions, meter.close


def test_windows_hold_the_power_of_the_work_alone() -> None:
    machine = Machine()
    meter = machine.meter = PowermetricsMeter(machine, machine.clock, machine.sleep, NEVER_S)
    polled = Polled(machine, meter)
    setup = Setup(polled, update_period(polled, machine.clock), machine.clock)
    assert setup.period.tau_s == pytest.approx(0.25)
    machine.sleep(5.0)
    window = aligned(setup, machine, 19.5 * 0.25, lead_s=2 * 0.25, observe=False)
    assert window.window_s == pytest.approx(5.0, rel=0.01)
    powers_w = {scope: joules / window.window_s for scope, joules in window.energy_j.items()}
    assert powers_w == pytest.approx({"cpu-clusters": 14.0, "cpu-gpu-ane": 14.35}, rel=0.01)
    meter.close()


def test_samples_are_complete_with_their_last_line() -> None:
    one, parser = APPLE.format(elapsed_ms="250.31", cpu_mw="823", all_mw="1172").splitlines(), PowerLines()
    assert list(parser.samples([*MACHINE.splitlines(), *one])) == [], "nobody knows yet which lines come"
    expected = PowerSpan(0.25031, {"cpu-clusters": 0.823, "cpu-gpu-ane": 1.172})
    assert list(parser.samples(one)) == [expected, expected]
    assert list(parser.samples(one[:-1])) == []
    assert list(parser.samples(one[-1:])) == [expected]


@pytest.mark.parametrize(("text", "power_w"), [("2.48", 2.48), (".54", 0.54), ("48", 48.0)])
def test_a_processor_of_intel_is_a_package(text: str, power_w: float) -> None:
    both = 2 * INTEL.format(elapsed_ms="250", cpu_w=text)
    assert next(PowerLines().samples(both.splitlines())) == PowerSpan(0.25, {"package-0": power_w})


def test_a_sample_without_a_known_scope_is_named() -> None:
    world = World()
    meter = world.opened()
    world.say(5_000, 6_000)
    world.said = world.said.replace("Combined Power", "Other Power")
    world.say(5_000, 6_000)
    with pytest.raises(MeterError, match="a sample without the power of cpu-gpu-ane"):
        meter.step()
    meter.close()


@pytest.mark.parametrize(
    ("cpu_mw", "text"),
    [
        (-300, "powermetrics cpu-clusters reports a negative power"),
        (0, "powermetrics cpu-clusters reports 0 W"),
        (20_000_000, "powermetrics cpu-clusters reports 20000 W, over the 10,000 W"),
    ],
)
def test_absurd_power_is_named(cpu_mw: int, text: str) -> None:
    world = World()
    meter = world.opened()
    world.say(cpu_mw, 6_000)
    with pytest.raises(MeterError, match=text):
        meter.step()
    meter.close()
    absurd = World(2 * APPLE.format(elapsed_ms="250", cpu_mw=cpu_mw, all_mw=6_000))
    with pytest.raises(MeterError, match=text):
        PowermetricsMeter(absurd, absurd.clock, absurd.sleep, NEVER_S)
    assert absurd.is_closed


def test_power_that_stands_still_is_named() -> None:
    world = World()
    meter = world.opened()
    for second in range(300):
        world.say(5_000 + second, 6_000, 1.0)
        meter.step()
    world.say(5_300, 6_000, 1.0)
    with pytest.raises(MeterError, match="cpu-gpu-ane stands still: 6 W for 301 s"):
        meter.step()
    meter.close()


def test_silence_is_named() -> None:
    world = World()
    meter = world.opened()
    world.sleep(2.9)
    meter.step()
    world.sleep(0.2)
    with pytest.raises(MeterError, match=r"no sample for 3\.1 s, where one is due every 0\.25 s"):
        meter.step()
    meter.close()


@pytest.mark.parametrize("lost_s", [2.0, -2.0], ids=["lost samples", "samples of more time than passed"])
def test_gaps_are_named(lost_s: float) -> None:
    world = World()
    meter = world.opened()
    for number in range(20):
        world.say(5_000 + number, 6_000 + number)
        meter.step()
    world.say(5_100, 6_100, 2.5)
    world.now_s += lost_s
    with pytest.raises(MeterError, match=r"make up 7\.[57] s of .* s: some are missing, or the machine slept"):
        meter.step()
    meter.close()


def test_samples_that_are_late_are_no_gap() -> None:
    world = World()
    meter = world.opened()
    for number in range(2_000):
        world.say(5_000 + number, 6_000 + number, 0.25 + 0.1 * (number % 2))
        world.now_s += 0.001
        meter.step()
    assert all(joules > 0 for joules in meter.read().joules.values())
    meter.close()


def test_a_program_that_writes_no_power_is_named_and_closed() -> None:
    world = World(MACHINE)
    with pytest.raises(Unavailable, match="no sample of a processor's power in 15 s"):
        PowermetricsMeter(world, world.clock, world.sleep, NEVER_S)
    assert world.is_closed
    other = World(2 * INTEL.format(elapsed_ms=250, cpu_w=3).replace("package power", "heat"))
    with pytest.raises(MeterError, match="a sample without the power of a processor"):
        PowermetricsMeter(other, other.clock, other.sleep, NEVER_S)


def test_without_root_or_the_program_the_reason_is_named() -> None:
    (found,) = find("darwin", 501, lambda name: f"/usr/bin/{name}")
    assert (found.source, found.available, found.why_not) == ("powermetrics", False, "only root may run powermetrics")
    assert found.remedy == 'sudo "$(command -v convcost)" sweep quick'
    (found,) = find("darwin", 0, lambda name: None)
    assert found.why_not == "the program powermetrics of macOS is not found"


def test_only_macos_has_it(tmp_path: Path) -> None:
    assert find("linux", 0) == ()
    no = tmp_path / "no"
    found = meters(perf=no, powercap=no, hwmons=no, topology=no, supplies=no, wanted=Asked(), system="darwin")
    sources = [f.source for f in found]
    assert sources[-3:] == ["hwmon", "powermetrics", "model"]


def test_a_real_program_is_started_read_and_ended(tmp_path: Path) -> None:
    program = tmp_path / "forged.py"
    program.write_text(
        "import sys, time\n"
        "assert sys.argv[1:] == ['--samplers', 'cpu_power', '--sample-rate', '250', '--buffer-size', '1']\n"
        f"text = {APPLE!r}\n"
        "for number in range(1000):\n"
        "    print(text.format(elapsed_ms=50, cpu_mw=900 + number, all_mw=1000 + number), flush=True)\n"
        "    time.sleep(0.05)\n"
    )
    meter = open_program(0, f"{sys.executable} {program}")
    assert meter.scopes == ("cpu-clusters", "cpu-gpu-ane")
    assert meter.read().joules["cpu-clusters"] >= 0.0
    meter.close()
    program.write_text("raise SystemExit(64)\n")
    (found,) = find("darwin", 0, lambda name: f"{sys.executable} {program}")
    assert "has ended with exit code 64" in str(found.why_not)
