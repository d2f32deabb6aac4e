"""How long `calls` calls take on a device: one small class a device behind one protocol."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Call = Callable[[], Any]

# A stream holds about a thousand launches; past that the launcher waits, and is timed.
_MAX_QUEUED_CALLS = 100
# The blocking kernel lasts so much longer than the launches behind it took last time.
_HEADROOM = 1.5
_SHORTEST_BLOCK_S = 50e-6


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds that a run of calls took on the device, and on the host where that is another clock."""

    device_s: float
    host_s: float | None
    last_result: Any


class Clock(Protocol):
    """Times a run of calls; `max_calls` is the most that one sample may hold."""

    max_calls: int

    def sample(self, call: Call, calls: int) -> Duration: ...

    def synchronise(self) -> None:
        """Wait until nothing that was started is still running."""


class CpuClock:
    """Wall time around a loop of calls."""

    max_calls = 100_000

    def sample(self, call: Call, calls: int) -> Duration:
        started = time.perf_counter_ns()
        result = _run(call, calls)
        return Duration((time.perf_counter_ns() - started) * 1e-9, None, result)

    def synchronise(self) -> None:
        """Calls on the CPU return when they are done."""


class CudaClock:
    """CUDA events around launches that were queued up behind a blocking kernel.

    While the blocking kernel runs the host launches everything; then the device works through the queue without
    waiting for Python. Host time, launches included, is taken apart, without the blocking kernel.
    """

    max_calls = _MAX_QUEUED_CALLS

    def __init__(self) -> None:
        import torch

        self._torch = torch
        self._start = torch.cuda.Event(enable_timing=True)
        self._stop = torch.cuda.Event(enable_timing=True)
        self._cycles_per_s = _cycles_per_second(torch)

    def sample(self, call: Call, calls: int) -> Duration:
        host_s = self._on_host(call, calls)
        block_s = max(_SHORTEST_BLOCK_S, _HEADROOM * host_s)
        self._torch.cuda._sleep(int(block_s * self._cycles_per_s))
        self._start.record()
        result = _run(call, calls)
        self._stop.record()
        self._stop.synchronize()
        return Duration(self._start.elapsed_time(self._stop) * 1e-3, host_s, result)

    def _on_host(self, call: Call, calls: int) -> float:
        """Wall time from the first launch to the end of the last call."""
        self.synchronise()
        started = time.perf_counter_ns()
        _run(call, calls)
        self.synchronise()
        return (time.perf_counter_ns() - started) * 1e-9

    def synchronise(self) -> None:
        self._torch.cuda.synchronize()


def _run(call: Call, calls: int) -> Any:
    # No result outlives its call but the last: the next finds the memory that the one before has freed, so that all
    # calls of all candidates allocate alike.
    for _ in range(calls - 1):
        call()
    return call()


def _cycles_per_second(torch: Any) -> float:
    """The rate of the device's cycle counter, measured on the blocking kernel itself."""
    cycles = 10_000_000
    start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda._sleep(cycles)
    start.record()
    torch.cuda._sleep(cycles)
    stop.record()
    stop.synchronize()
    return float(cycles / (start.elapsed_time(stop) * 1e-3))


def clock_for(device: str) -> Clock:
    """The clock of a device. Raises ValueError for one that has none."""
    if device == "cpu":
        return CpuClock()
    if device == "cuda":
        return CudaClock()
    raise ValueError(f"device {device!r} has no clock; allowed: cpu, cuda")
