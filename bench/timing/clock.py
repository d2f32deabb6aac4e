"""Clocks that time a number of calls on a device: one small class per device behind one protocol."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

# Bound before any plug-in is loaded: one that patches the module time cannot stop this clock.
from time import perf_counter_ns as _now_ns
from typing import Any, Protocol

Call = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call with something to do before it: before the clock starts where a sample is one call, else before each call.

    `together` does both in one function: the least that a call costs.
    """

    prepare: Call
    run: Call
    together: Call

    def __call__(self) -> Any:
        return self.together()


# How calls reach a CUDA device: queued one by one behind a blocking kernel, or captured once and replayed.
LAUNCHES = ("queue", "graph")

# A stream holds about a thousand launches. With more, the launches wait, and the wait would be timed.
_MAX_QUEUED_CALLS = 100
# The blocking kernel lasts this many times as long as the launches took on the host.
_HEADROOM = 1.5
_SHORTEST_BLOCK_S = 50e-6
# A call on its own is launched by code that is in no cache: it took ten times as long as one among many.
_SINGLE_HEADROOM, _SHORTEST_SINGLE_BLOCK_S = 4.0, 1e-3
# If the device works on this much longer than the timed stream, that time counts. Waits for an idle device differ less.
_OVERHANG_S = 50e-6


@dataclass(frozen=True, slots=True)
class Duration:
    """The seconds of a run of calls on the device, and on the host where the host has another clock."""

    device_s: float
    host_s: float | None
    last_result: Any


class Clock(Protocol):
    """Times a run of calls on `device`; `max_calls` is the most that one sample may hold."""

    device: str
    max_calls: int

    def sample(self, call: Call, calls: int) -> Duration: ...

    def single(self, call: Call) -> Duration:
        """Times one call; nothing runs before it that would see its input."""

    def synchronise(self) -> None:
        """Wait until all started work is finished."""


class CpuClock:
    """Wall time around a loop of calls."""

    device = "cpu"
    max_calls = 100_000

    def sample(self, call: Call, calls: int) -> Duration:
        if isinstance(call, Prepared):
            if calls == 1:
                call.prepare()
            call = call.run if calls == 1 else call.together
        started = _now_ns()
        result = _run(call, calls)
        return Duration((_now_ns() - started) * 1e-9, None, result)

    def single(self, call: Call) -> Duration:
        return self.sample(call, 1)

    def synchronise(self) -> None:
        """Does nothing: calls on the CPU return when they are done."""


class _CudaEvents:
    """The part shared by both CUDA clocks: a pair of events, and waiting for the device."""

    device = "cuda"
    max_calls = _MAX_QUEUED_CALLS

    def __init__(self) -> None:
        import torch

        self._torch = torch
        self._start = torch.cuda.Event(enable_timing=True)
        self._stop = torch.cuda.Event(enable_timing=True)

    def synchronise(self) -> None:
        self._torch.cuda.synchronize()

    def _stopped_s(self) -> float:
        """Seconds from the start event to the stop event, or to the end of the work on all other streams.

        Events are in one stream; work that a call gave to another stream may end after them.
        """
        self._stop.synchronize()
        stopped = _now_ns()
        # Clearing away the launches of this stream takes the host up to 70 µs, and waiting for an idle device a few.
        self._torch.cuda.current_stream().synchronize()
        cleared = _now_ns()
        self.synchronise()
        ended = _now_ns()
        self.synchronise()
        others_s = (ended - cleared - (_now_ns() - ended)) * 1e-9
        # Lines of the L2 cache that one candidate made persistent would be missing for the next.
        _reset_persisting_l2()
        timed_s = self._start.elapsed_time(self._stop) * 1e-3
        return float(timed_s + ((ended - stopped) * 1e-9 if others_s > _OVERHANG_S else 0.0))


class CudaClock(_CudaEvents):
    """CUDA events around launches that are queued behind a blocking kernel.

    The host launches everything while the blocking kernel runs; then the device works through the queue without
    waiting for Python. Host time, with launches, is measured separately without the blocking kernel.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cycles_per_s = _cycles_per_second(self._torch)
        # Seconds that the launches of one call took when it was last sampled.
        self._launching_s: dict[Call, float] = {}

    def sample(self, call: Call, calls: int) -> Duration:
        launching_s, host_s = self._on_host(call, calls)
        self._launching_s[call] = launching_s / calls
        device_s, result = self._on_device(call, calls, max(_SHORTEST_BLOCK_S, _HEADROOM * launching_s))
        return Duration(device_s, host_s, result)

    def single(self, call: Call) -> Duration:
        # A call that was never sampled took too long for a warm-up: it hides the time of its launches.
        block_s = max(_SHORTEST_SINGLE_BLOCK_S, _SINGLE_HEADROOM * self._launching_s.get(call, 0.0))
        device_s, result = self._on_device(call, 1, block_s)
        return Duration(device_s, None, result)

    def _on_device(self, call: Call, calls: int, block_s: float) -> tuple[float, Any]:
        # A private function: torch has no public kernel that blocks for a given time.
        self._torch.cuda._sleep(int(block_s * self.cycles_per_s))
        self._start.record()
        result = _run(call, calls)
        self._stop.record()
        return self._stopped_s(), result

    def _on_host(self, call: Call, calls: int) -> tuple[float, float]:
        """Wall time from the first launch to the end of the last launch, and to the end of the last call."""
        self.synchronise()
        started = _now_ns()
        _run(call, calls)
        launched = _now_ns()
        self.synchronise()
        return (launched - started) * 1e-9, (_now_ns() - started) * 1e-9


class CudaGraphClock(_CudaEvents):
    """CUDA events around one replay of a graph that holds the calls of a sample, captured once.

    A replay is one launch: no Python and no launches of the driver run between the kernels. The graph is kept as long
    as the clock and occupies the memory of its calls, with the result, which every replay overwrites. A call that
    cannot be captured (it synchronises, or copies from pageable memory) raises torch's error.
    Source: torch.cuda.graph, "CUDA semantics, CUDA Graphs" in PyTorch's notes.
    """

    def __init__(self) -> None:
        super().__init__()
        # The last graph of each call: warming up decides its number of calls. Storing the call keeps its id in use.
        self._captured: dict[int, tuple[Call, int, Any, Any]] = {}

    def sample(self, call: Call, calls: int) -> Duration:
        graph, result = self._graph(call, calls)
        self.synchronise()
        started = _now_ns()
        self._start.record()
        graph.replay()
        self._stop.record()
        device_s = self._stopped_s()
        host_s = (_now_ns() - started) * 1e-9
        return Duration(device_s, host_s, result)

    def single(self, call: Call) -> Duration:
        # Captured again, if samples hold more calls; whatever a capture launches, the replay launches again.
        return self.sample(call, 1)

    def _graph(self, call: Call, calls: int) -> tuple[Any, Any]:
        known = self._captured.pop(id(call), None)
        if known is None or known[1] != calls:
            # Delete the old graph before the next capture, which can then reuse its memory.
            del known
            known = (call, calls, *self._capture(call, calls))
        self._captured[id(call)] = known
        return known[2:]

    def _capture(self, call: Call, calls: int) -> tuple[Any, Any]:
        cuda = self._torch.cuda
        side = cuda.Stream()
        side.wait_stream(cuda.current_stream())
        with cuda.stream(side):
            # Libraries set things up on the first use of a stream, which cannot be captured.
            call()
        cuda.current_stream().wait_stream(side)
        graph = cuda.CUDAGraph()
        with cuda.graph(graph):
            result = _run(call, calls)
        # The first replay uploads the graph to the device, so it must not be timed.
        graph.replay()
        return graph, result


def _run(call: Call, calls: int) -> Any:
    # Only the last result is kept: each call finds the memory that the call before has freed, so that all calls of
    # all candidates allocate alike.
    for _ in range(calls - 1):
        call()
    return call()


@cache
def _driver() -> Any:
    """The CUDA driver's library, None where it is missing or has no such function."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
        return driver if hasattr(driver, "cuCtxResetPersistingL2Cache") else None
    except OSError:
        return None


def _reset_persisting_l2() -> None:
    """Make all persisting lines of the L2 cache normal again.

    Source: CUDA C++ Programming Guide, "L2 Persistence Controls"; CUDA Driver API, cuCtxResetPersistingL2Cache. Its
    result is ignored: devices without persistence have nothing to reset.
    """
    driver = _driver()
    if driver is not None:
        driver.cuCtxResetPersistingL2Cache()


def _cycles_per_second(torch: Any) -> float:
    """The rate of the device's cycle counter, measured with the blocking kernel."""
    cycles = 10_000_000
    start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda._sleep(cycles)
    start.record()
    torch.cuda._sleep(cycles)
    stop.record()
    stop.synchronize()
    return float(cycles / (start.elapsed_time(stop) * 1e-3))


def clock_for(device: str, launch: str = "queue") -> Clock:
    """The clock of a device; on CUDA `launch` is how calls reach the device: "queue" or "graph".

    Raises ValueError for an unknown device or launch.
    """
    if device not in ("cpu", "cuda"):
        raise ValueError(f"device {device!r} has no clock; allowed: cpu, cuda")
    if launch not in LAUNCHES:
        raise ValueError(f"launch {launch!r} is unknown; allowed: {', '.join(LAUNCHES)}")
    if device == "cpu":
        if launch != "queue":
            raise ValueError(f"launch {launch!r} is for cuda only; leave it out on the cpu")
        return CpuClock()
    return CudaGraphClock() if launch == "graph" else CudaClock()
