"""Work that fills a window: calls that repeat and are counted, or rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

# The most calls between two readings of the clock, because the assumed speed may be out of date.
_MAX_CALLS = 1_000_000
# Naps of this length rarely wake a processor; shorter ones would keep it from its deeper idle states.
_NAP_S = 5e-3


class Workload(Protocol):
    """Calls of one candidate, one after the other, for as long as `advance` is called."""

    def advance(self, pace_s: float) -> int:
        """Run calls for about `pace_s` seconds, at least one call; do not wait for queued calls.

        Returns the number of calls completed since creation. Raises the errors of the call.
        """
        ...

    def finish(self) -> None:
        """Wait until all started calls are finished."""
        ...


class CpuWork:
    """Calls that are complete when they return; as many per step as fit the pace at the speed of earlier calls."""

    def __init__(self, call: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> None:
        self._call = call
        self._clock = clock
        self._completed = 0
        self._one_s: float | None = None

    def advance(self, pace_s: float) -> int:
        calls = 1 if self._one_s is None else max(1, min(_MAX_CALLS, int(pace_s / max(self._one_s, 1e-9))))
        call = self._call
        started = self._clock()
        for _ in range(calls):
            call()
        self._one_s = (self._clock() - started) / calls
        self._completed += calls
        return self._completed

    def finish(self) -> None:
        """Does nothing: calls on the CPU return when they are done."""


class Rest:
    """Naps only, for an idle device. A nap counts as a call, so that progress is seen."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._naps = 0

    def advance(self, pace_s: float) -> int:
        self._sleep(max(pace_s, _NAP_S))
        self._naps += 1
        return self._naps

    def finish(self) -> None:
        """Does nothing: a nap has ended when it returns."""


def work_for(device: str, call: Callable[[], Any]) -> Workload:
    """The work that repeats a call on a device. Raises ValueError for an unknown device."""
    if device == "cpu":
        return CpuWork(call)
    if device == "cuda":
        from bench.energy.cuda_work import CudaWork

        return CudaWork(call)
    raise ValueError(f"device {device!r} has no work to fill a window with; allowed: cpu, cuda")
