"""A simulated device of known power, meters that publish its energy, and a clock that only work and rest advance."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.energy.meter import MeterError, Method, Reading

IDLE_W = 20.0
# The ripple that a power supply leaves on the power of a load.
_RIPPLE_HZ = 333.0


class World:
    """The time and the energy spent so far, with one power while work runs and another at rest."""

    def __init__(self, seed: int = 0, ripple_w: float = 0.0) -> None:
        self.rng = random.Random(seed)
        self.now_s = 0.0
        self.idle_w = IDLE_W
        self.level_w = IDLE_W
        self.energy_j = 0.0
        self.slept_s = 0.0
        self.meters: list[FakeMeter] = []
        self._ripple_w = ripple_w

    def clock(self) -> float:
        return self.now_s

    def spend(self, seconds: float) -> None:
        end = self.now_s + seconds
        for meter in self.meters:
            meter.pass_to(end)
        self.energy_j = self.energy_at(end)
        self.now_s = end

    def energy_at(self, time_s: float) -> float:
        """The true energy at a later time, if the power stays the same."""
        energy = self.energy_j + self.level_w * (time_s - self.now_s)
        if self._ripple_w and self.level_w != self.idle_w:
            angle = 2 * math.pi * _RIPPLE_HZ
            energy += self._ripple_w / angle * (math.cos(angle * self.now_s) - math.cos(angle * time_s))
        return energy

    def sleep(self, seconds: float) -> None:
        self.level_w = self.idle_w
        self.spend(seconds + 60e-6)
        self.slept_s += seconds


class FakeMeter:
    """Publishes the world's energy every `tau_s`, shifted by up to `jitter` of it; all `scopes` have the same power."""

    source, method, device, gain_rel = "fake", Method.COUNTER, "cuda", 0.05

    def __init__(
        self, world: World, tau_s: float, *, jitter: float = 0.05, read_s: float = 20e-6, scale: float = 1.0
    ) -> None:
        self.world, self.tau_s, self.read_s, self.scale = world, tau_s, read_s, scale
        self.scopes: tuple[str, ...] = ("board",)
        self.facts: Callable[[], dict[str, Any]] = dict
        # Changes a reading or raises, to simulate failing sensors.
        self.spoil: Callable[[dict[str, float]], dict[str, float]] = lambda joules: joules
        self.reads = 0
        self._published_j = 0.0
        self._phase = world.rng.random()
        self._jitters = [world.rng.uniform(-jitter, jitter) for _ in range(512)]
        self._tick = -1
        world.meters.append(self)

    def pass_to(self, end_s: float) -> None:
        """Publish the last value up to this time; earlier ones were not read."""
        tick = int(end_s / self.tau_s - self._phase) + 1
        while (moment := self._moment(tick)) > end_s:
            tick -= 1
        if tick > self._tick and moment >= self.world.now_s:
            self._published_j, self._tick = self.world.energy_at(moment), tick

    def _moment(self, tick: int) -> float:
        return (tick + self._phase + self._jitters[tick % 512]) * self.tau_s

    def read(self) -> Reading:
        self.reads += 1
        self.world.spend(self.read_s)
        return Reading(self.world.now_s, self.spoil(dict.fromkeys(self.scopes, self._published_j * self.scale)))

    def conditions(self) -> dict[str, Any]:
        self.world.spend(1e-3)
        return self.facts()

    def close(self) -> None:
        pass


class FakeWork:
    """Calls of `one_s` at a power that is drawn anew for each window, with relative scatter `scatter`."""

    def __init__(
        self,
        world: World,
        one_s: float = 0.3e-3,
        power_w: float = 100.0,
        *,
        scatter: float = 0.0,
        powers: Iterator[float] | None = None,
        raises_after: int | None = None,
    ) -> None:
        self.world, self.one_s, self.power_w, self.scatter = world, one_s, power_w, scatter
        self.powers, self.raises_after = powers, raises_after
        self.completed = 0
        self.running = False

    def advance(self, pace_s: float) -> int:
        if not self.running:
            factor = 1 + self.scatter * self.world.rng.gauss(0, 1) if self.scatter else 1.0
            self.world.level_w = factor * (self.power_w if self.powers is None else next(self.powers))
            self.running = True
        calls = max(1, int(pace_s / self.one_s))
        self.world.spend(calls * self.one_s)
        self.completed += calls
        if self.raises_after is not None and self.completed > self.raises_after:
            raise RuntimeError("out of memory")
        return self.completed

    def finish(self) -> None:
        self.running = False
        self.world.level_w = self.world.idle_w


def vanishing(after_reads: int) -> Callable[[dict[str, float]], dict[str, float]]:
    """A sensor whose driver is unloaded after `after_reads` readings."""
    left = iter(range(after_reads))

    def spoil(joules: dict[str, float]) -> dict[str, float]:
        if next(left, None) is None:
            raise MeterError("the sensor is gone")
        return joules

    return spoil


def changed(after_reads: int, change: Callable[[float], float]) -> Callable[[Mapping[str, float]], dict[str, float]]:
    """Readings that change after `after_reads` readings."""
    left = iter(range(after_reads))

    def spoil(joules: Mapping[str, float]) -> dict[str, float]:
        return {s: change(j) if next(left, None) is None else j for s, j in joules.items()}

    return spoil
