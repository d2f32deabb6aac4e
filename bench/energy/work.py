"""What a window is filled with: calls that run on and on, and are counted; or rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

# The longest run of calls between two looks at the clock: the speed that it is chosen from may be out of date.
_MAX_CALLS = 1_000_000
# A nap this long hardly wakes a processor; a shorter one would keep it from its deeper idle states.
_NAP_S = 5e-3


class Work(Protocol):
    """Calls of one candidate, one after the other for as long as somebody asks for more."""

    def advance(self, pace_s: float) -> int:
        """Go on for about `pace_s` seconds, or for one call where that takes longer; do not wait for what is queued.

        Returns the calls completed since this was made. Raises what the call raises.
        """
        ...

    def finish(self) -> None:
        """Wait until nothing that was started is still running."""
        ...


class CpuWork:
    """Calls that are done when they return, as many at once as fit the pace at the speed of those before."""

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
        """Calls on the CPU return when they are done."""


class Rest:
    """Nothing but naps: what an idle device does. A nap counts as a call, so that time is seen to pass."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._naps = 0

    def advance(self, pace_s: float) -> int:
        self._sleep(max(pace_s, _NAP_S))
        self._naps += 1
        return self._naps

    def finish(self) -> None:
        """Nothing was started."""


def work_for(device: str, call: Callable[[], Any]) -> Work:
    """The work of a call on a device. Raises ValueError for a device that has none."""
    if device == "cpu":
        return CpuWork(call)
    if device == "cuda":
        from bench.energy.cuda_work import CudaWork

        return CudaWork(call)
    raise ValueError(f"device {device!r} has no work to fill a window with; allowed: cpu, cuda")
