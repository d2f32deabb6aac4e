"""Reads slow sensors in a thread, so that a reading of the meter takes microseconds and never waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from bench.energy.meter import MeterError, Reading, with_sum
from bench.energy.plausible import Frozen, require_plausible

# A sensor that has not answered for this long, or for four intervals, hangs.
_STALE_S, _STALE_INTERVALS = 2.0, 4


class Integral:
    """The trapezoidal integral of sampled power, in `joules`, up to the last sample at `time_s`."""

    def __init__(self, time_s: float, power_w: float) -> None:
        self.time_s = time_s
        self.joules = 0.0
        self._power_w = power_w

    def add(self, time_s: float, power_w: float) -> None:
        self.joules += (time_s - self.time_s) * (self._power_w + power_w) / 2
        self.time_s, self._power_w = time_s, power_w


class PowerIntegrals:
    """The integrals of the powers of several scopes, which `watts` reads one after the other.

    `label` names the sensor in errors. The first sample is taken here. Raises MeterError as `take` does.
    """

    def __init__(
        self, label: str, watts: Callable[[], Mapping[str, float]], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._label, self._watts, self._clock = label, watts, clock
        time_s, sample = self._sample()
        self._integrals = {scope: Integral(time_s, power_w) for scope, power_w in sample.items()}
        self._frozen = {scope: Frozen(f"{label} {scope}") for scope in sample}

    def take(self) -> dict[str, float]:
        """Take a sample; the joules of each scope so far. Raises MeterError as `watts` does, and for absurd power."""
        time_s, sample = self._sample()
        for scope, power_w in sample.items():
            self._frozen[scope].see(time_s, power_w)
            self._integrals[scope].add(time_s, power_w)
        return with_sum({scope: integral.joules for scope, integral in self._integrals.items()})

    def _sample(self) -> tuple[float, dict[str, float]]:
        before_s = self._clock()
        sample = {scope: require_plausible(f"{self._label} {scope}", w) for scope, w in self._watts().items()}
        return (before_s + self._clock()) / 2, sample


class Background:
    """Calls `take` every `interval_s` seconds in a thread; `read` returns what the last call found.

    `label` names the sensor in errors. The first call is made here: it raises MeterError as `take` does.
    """

    def __init__(
        self,
        label: str,
        take: Callable[[], Mapping[str, float]],
        interval_s: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._label, self._take, self._interval_s, self._clock = label, take, interval_s, clock
        self._stale_s = max(_STALE_S, _STALE_INTERVALS * interval_s)
        self._error: MeterError | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._joules, self._taken_s = take(), clock()
        # A daemon thread: a meter that was not closed must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name="convcost-meter", daemon=True)
        self._thread.start()

    def read(self) -> Reading:
        """The joules of the last call, at the time of now: they move with each call, as those of a counter do.

        Raises MeterError if a call failed, and if the sensor hangs.
        """
        with self._lock:
            if self._error is not None:
                raise MeterError(str(self._error))
            now_s = self._clock()
            if now_s - self._taken_s > self._stale_s:
                raise MeterError(f"{self._label} has not answered for {now_s - self._taken_s:.1f} s")
            return Reading(now_s, self._joules)

    def step(self) -> None:
        """Call `take` once; the thread does this. Raises MeterError as `take` does."""
        joules, taken_s = self._take(), self._clock()
        with self._lock:
            self._joules, self._taken_s = joules, taken_s

    def close(self) -> None:
        """Stop the thread; a sensor that hangs does not hang this call."""
        self._stop.set()
        self._thread.join(_STALE_S)

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                self.step()
            except MeterError as error:
                with self._lock:
                    self._error = error
                return
