"""A machine on a forged wall meter, whose values come late and have a clock of their own."""

from __future__ import annotations

from typing import Any

from bench.energy.load_pattern import TimeAndLoad
from bench.energy.meter import Reading
from bench.energy.wall_meter import WallMeter

# The time of all steps of the world, and of a reading.
STEP_S = 0.02
# An interval so long that the background thread reads nothing.
NEVER_S = 36_000.0
_START_UNIX_S = 1_750_000_000.0


class WallWorld:
    """The time, the power of the machine, and the lines of its meter: the mean power every `interval_s`.

    A line arrives `late_s` after its interval; its time stamp is `ahead_s` ahead of this machine's clock.
    """

    name, header = "the forged meter", ""

    def __init__(self, interval_s: float = 1.0, late_s: float = 0.0, ahead_s: float = 0.0) -> None:
        self.interval_s, self.late_s, self.ahead_s = interval_s, late_s, ahead_s
        self.rest_w, self.busy_w = 50.0, 90.0
        self.power_w = self.rest_w
        # A power that is written instead of the true one, and whether lines are written at all.
        self.false_w: float | None = None
        self.is_silent, self.is_closed = False, False
        self.meter: WallMeter | None = None
        self._steps = 0
        self._energy_j = 0.0
        self._written: list[tuple[float, str]] = []

    def clock(self) -> float:
        return self._steps * STEP_S

    def unix(self) -> float:
        return _START_UNIX_S + self.clock()

    def new(self) -> list[str]:
        came = [line for arrives_s, line in self._written if arrives_s <= self.clock() + 1e-6]
        del self._written[: len(came)]
        return came

    def close(self) -> None:
        self.is_closed = True

    def go_on(self, seconds: float) -> None:
        """Let time pass at the power of now; the meter looks for lines all the time."""
        for _ in range(max(1, round(seconds / STEP_S))):
            self._steps += 1
            self._energy_j += self.power_w * STEP_S
            if self._steps % round(self.interval_s / STEP_S) == 0:
                self._write()
            if self.meter is not None:
                self.meter.step()

    def sleep(self, seconds: float) -> None:
        self.power_w = self.rest_w
        self.go_on(seconds)

    def load(self, seconds: float) -> None:
        self.power_w = self.busy_w
        self.go_on(seconds)
        self.power_w = self.rest_w

    def opened(self) -> WallMeter:
        """The meter of this world, as the world's time passes."""
        meter = WallMeter(self, TimeAndLoad(self.unix, self.sleep, self.load), self.clock, NEVER_S)
        self.meter = meter
        return meter

    def _write(self) -> None:
        mean_w, self._energy_j = self._energy_j / self.interval_s, 0.0
        power_w = mean_w if self.false_w is None else self.false_w
        if not self.is_silent:
            self._written.append((self.clock() + self.late_s, f"{self.unix() + self.ahead_s:.3f},{power_w:.4f}"))


class Polled:
    """The meter, whose readings take a step of the world's time."""

    def __init__(self, world: WallWorld, meter: WallMeter) -> None:
        self.world, self.meter = world, meter
        self.source, self.method, self.device = meter.source, meter.method, meter.device
        self.scopes, self.gain_rel, self.still_s = meter.scopes, meter.gain_rel, meter.still_s
        self.conditions, self.close = meter.conditions, meter.close

    def read(self) -> Reading:
        self.world.go_on(STEP_S)
        return self.meter.read()


class WallWork:
    """Calls of one step of the world each."""

    def __init__(self, world: WallWorld) -> None:
        self.world, self.calls = world, 0

    def advance(self, pace_s: float) -> int:
        self.world.power_w = self.world.busy_w
        calls = max(1, round(pace_s / STEP_S))
        self.world.go_on(calls * STEP_S)
        self.calls += calls
        return self.calls

    def finish(self) -> None:
        self.world.power_w = self.world.rest_w


def swings(conditions: dict[str, Any]) -> tuple[float, float, float]:
    """The delay, the offset of the clocks and the power of the load, of the conditions of a meter."""
    return conditions["delay_s"], conditions["clock_offset_s"], conditions["swing_w"]
