"""How long `calls` calls take on a device: one small class a device behind one protocol."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

Call = Callable[[], Any]


class Clock(Protocol):
    """Times a run of calls. `sample` returns seconds for all of them and what the last one returned."""

    def sample(self, call: Call, calls: int) -> tuple[float, Any]: ...

    def synchronise(self) -> None:
        """Wait until nothing that was started is still running."""


class CpuClock:
    """Wall time around a loop of calls."""

    def sample(self, call: Call, calls: int) -> tuple[float, Any]:
        result = None
        started = time.perf_counter_ns()
        for _ in range(calls):
            result = call()
        return (time.perf_counter_ns() - started) * 1e-9, result

    def synchronise(self) -> None:
        """Calls on the CPU return when they are done."""


class CudaClock:
    """CUDA events around a loop of calls: time on the stream, waiting for the launcher included."""

    def __init__(self) -> None:
        import torch

        self._torch = torch
        self._start = torch.cuda.Event(enable_timing=True)
        self._stop = torch.cuda.Event(enable_timing=True)

    def sample(self, call: Call, calls: int) -> tuple[float, Any]:
        result = None
        self._start.record()
        for _ in range(calls):
            result = call()
        self._stop.record()
        self._stop.synchronize()
        return self._start.elapsed_time(self._stop) * 1e-3, result

    def synchronise(self) -> None:
        self._torch.cuda.synchronize()


def clock_for(device: str) -> Clock:
    """The clock of a device. Raises ValueError for one that has none."""
    if device == "cpu":
        return CpuClock()
    if device == "cuda":
        return CudaClock()
    raise ValueError(f"device {device!r} has no clock; allowed: cpu, cuda")
