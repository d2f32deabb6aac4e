"""How long `calls` calls take on a device: one small class a device behind one protocol."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Call = Callable[[], Any]

# How calls get to a CUDA device: one by one behind a blocking kernel, or captured once and replayed.
LAUNCHES = ("queue", "graph")

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
    """Times a run of calls on `device`; `max_calls` is the most that one sample may hold."""

    device: str
    max_calls: int

    def sample(self, call: Call, calls: int) -> Duration: ...

    def synchronise(self) -> None:
        """Wait until nothing that was started is still running."""


class CpuClock:
    """Wall time around a loop of calls."""

    device = "cpu"
    max_calls = 100_000

    def sample(self, call: Call, calls: int) -> Duration:
        started = time.perf_counter_ns()
        result = _run(call, calls)
        return Duration((time.perf_counter_ns() - started) * 1e-9, None, result)

    def synchronise(self) -> None:
        """Calls on the CPU return when they are done."""


class _CudaEvents:
    """What both ways of timing on CUDA share: a pair of events, and waiting for the device."""

    device = "cuda"
    max_calls = _MAX_QUEUED_CALLS

    def __init__(self) -> None:
        import torch

        self._torch = torch
        self._start = torch.cuda.Event(enable_timing=True)
        self._stop = torch.cuda.Event(enable_timing=True)

    def synchronise(self) -> None:
        self._torch.cuda.synchronize()


class CudaClock(_CudaEvents):
    """CUDA events around launches that were queued up behind a blocking kernel.

    While the blocking kernel runs the host launches everything; then the device works through the queue without
    waiting for Python. Host time, launches included, is taken apart, without the blocking kernel.
    """

    def __init__(self) -> None:
        super().__init__()
        self._cycles_per_s = _cycles_per_second(self._torch)

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


class CudaGraphClock(_CudaEvents):
    """CUDA events around one replay of a graph into which the sample's calls were captured once.

    A replay is one launch: neither Python nor the driver's launches stand between the kernels. What is captured is
    kept as long as the clock and takes the memory of its calls, the result included, which every replay overwrites.
    A call that cannot be captured (it synchronises, or copies from pageable memory) raises what torch raises.
    Source: torch.cuda.graph, "CUDA semantics, CUDA Graphs" in PyTorch's notes.
    """

    def __init__(self) -> None:
        super().__init__()
        # One graph a call, the last: warming up settles how many calls it holds. The call itself keeps its id taken.
        self._captured: dict[int, tuple[Call, int, Any, Any]] = {}

    def sample(self, call: Call, calls: int) -> Duration:
        graph, result = self._graph(call, calls)
        self.synchronise()
        started = time.perf_counter_ns()
        self._start.record()
        graph.replay()
        self._stop.record()
        self._stop.synchronize()
        host_s = (time.perf_counter_ns() - started) * 1e-9
        return Duration(self._start.elapsed_time(self._stop) * 1e-3, host_s, result)

    def _graph(self, call: Call, calls: int) -> tuple[Any, Any]:
        known = self._captured.pop(id(call), None)
        if known is None or known[1] != calls:
            # Gone before the next is captured: its memory is then free for it.
            del known
            known = (call, calls, *self._capture(call, calls))
        self._captured[id(call)] = known
        return known[2:]

    def _capture(self, call: Call, calls: int) -> tuple[Any, Any]:
        cuda = self._torch.cuda
        side = cuda.Stream()
        side.wait_stream(cuda.current_stream())
        with cuda.stream(side):
            # What libraries set up on first use of a stream cannot be captured.
            call()
        cuda.current_stream().wait_stream(side)
        graph = cuda.CUDAGraph()
        with cuda.graph(graph):
            result = _run(call, calls)
        # Uploaded to the device by the first replay, which is not to be timed.
        graph.replay()
        return graph, result


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


def clock_for(device: str, launch: str = "queue") -> Clock:
    """The clock of a device; on CUDA `launch` says how a sample's calls get there: "queue" or "graph".

    Raises ValueError for a device that has no clock, or a launch that it does not know.
    """
    if device not in ("cpu", "cuda"):
        raise ValueError(f"device {device!r} has no clock; allowed: cpu, cuda")
    if launch not in LAUNCHES:
        raise ValueError(f"launch {launch!r} is unknown; allowed: {', '.join(LAUNCHES)}")
    if device == "cpu":
        if launch != "queue":
            raise ValueError(f"launch {launch!r} is for cuda; on the cpu nothing is launched, leave it out")
        return CpuClock()
    return CudaGraphClock() if launch == "graph" else CudaClock()
