"""The clock of each device, and the graph clock with a fake torch that records its calls."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from bench.timing import clock as clock_module
from bench.timing.clock import CpuClock, CudaGraphClock, Prepared, clock_for


@pytest.mark.parametrize(
    ("device", "launch", "words"),
    [
        ("tpu", "queue", "device 'tpu' has no clock; allowed: cpu, cuda"),
        ("cuda", "eager", "launch 'eager' is unknown; allowed: queue, graph"),
        ("cpu", "graph", "launch 'graph' is for cuda"),
    ],
)
def test_unknown_devices_and_launches_are_refused(device: str, launch: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        clock_for(device, launch)


def test_the_cpu_clock_runs_every_call() -> None:
    clock = clock_for("cpu")
    assert isinstance(clock, CpuClock)
    ran: list[int] = []
    duration = clock.sample(lambda: ran.append(1) or len(ran), 3)
    assert (ran, duration.last_result, duration.host_s) == ([1, 1, 1], 3, None)


class FakeCuda:
    """The parts of torch.cuda that a graph needs; it records events, replays and waits."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.capturing = False
        outer = self

        class Graph:
            def replay(self) -> None:
                outer.notes.append("replay")

        self.CUDAGraph = Graph

    def Event(self, enable_timing: bool) -> Any:
        return SimpleNamespace(
            record=lambda: self.notes.append("event"), synchronize=lambda: None, elapsed_time=lambda other: 5.0
        )

    def Stream(self) -> Any:
        return SimpleNamespace(wait_stream=lambda other: None, synchronize=lambda: None)

    current_stream = Stream

    @contextmanager
    def stream(self, stream: Any) -> Iterator[None]:
        yield

    @contextmanager
    def graph(self, graph: Any) -> Iterator[None]:
        self.capturing = True
        try:
            yield
        finally:
            self.capturing = False

    def synchronize(self) -> None:
        self.notes.append("wait")


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> FakeCuda:
    fake = FakeCuda()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=fake))
    return fake


def test_a_sample_is_captured_once_and_replayed(cuda: FakeCuda) -> None:
    clock = clock_for("cuda", "graph")
    assert isinstance(clock, CudaGraphClock)
    seen: list[bool] = []

    def call() -> str:
        seen.append(cuda.capturing)
        return "output"

    first = clock.sample(call, 3)
    # One call before the capture, for libraries to set up; three within. The replay that uploads is before the events.
    assert seen == [False, True, True, True]
    assert cuda.notes == ["replay", "wait", "event", "replay", "event", "wait", "wait"]
    assert (first.device_s, first.last_result) == (5e-3, "output")
    assert first.host_s is not None
    clock.sample(call, 3)
    assert len(seen) == 4
    clock.sample(call, 2)
    assert seen[4:] == [False, True, True]
    assert len(clock._captured) == 1


def test_each_call_has_its_own_graph(cuda: FakeCuda) -> None:
    clock = CudaGraphClock()
    results = [clock.sample(call, 1).last_result for call in (lambda: "a", lambda: "b")]
    assert (results, len(clock._captured)) == (["a", "b"], 2)


def test_a_failed_capture_raises_and_is_not_kept(cuda: FakeCuda) -> None:
    clock = CudaGraphClock()

    def call() -> None:
        if cuda.capturing:
            raise RuntimeError("operation not permitted when stream is capturing")

    with pytest.raises(RuntimeError, match="not permitted"):
        clock.sample(call, 2)
    assert clock._captured == {}


@pytest.mark.parametrize(
    ("calls", "order"),
    [(1, ["prepare", "clock", "run", "clock"]), (2, ["clock", "together", "together", "clock"])],
)
def test_a_call_is_prepared_outside_the_clock_where_a_sample_is_one_call(
    monkeypatch: pytest.MonkeyPatch, calls: int, order: list[str]
) -> None:
    told: list[str] = []

    def tells(word: str) -> Callable[[], int]:
        return lambda: told.append(word) or 0

    monkeypatch.setattr(clock_module, "_now_ns", tells("clock"))
    CpuClock().sample(Prepared(tells("prepare"), tells("run"), tells("together")), calls)
    assert told == order


def test_the_clock_of_the_cpu_is_not_that_of_the_module_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in that patches the module does not stop it."""
    monkeypatch.setattr(time, "perf_counter_ns", lambda: 0)
    assert CpuClock().sample(lambda: None, 10).device_s > 0


@pytest.mark.parametrize(
    ("side_s", "expected_s"),
    [
        (10e-6, 5e-3),
        (2e-3, 5e-3 + 2e-3),
    ],
)
@pytest.mark.parametrize("launch", ["queue", "graph"])
def test_work_on_other_streams_counts(
    launch: str, side_s: float, expected_s: float, cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop event is in one stream; waiting for the whole device takes as long as the others still work."""
    now = [0.0]
    monkeypatch.setattr(clock_module, "_now_ns", lambda: round(now[0] * 1e9))
    monkeypatch.setattr(clock_module, "_cycles_per_second", lambda torch: 1e9)
    cuda._sleep = lambda cycles: None  # type: ignore[attr-defined]
    clock = clock_for("cuda", launch)
    pending, launched = [0.0], [0.0]

    def work(seconds: float) -> None:
        # On an H200 the host took so long to clear away the launches of a sample, which counted as work.
        pending[0], launched[0] = seconds, 70e-6

    def call() -> None:
        work(side_s)

    def clear() -> None:
        # Other streams work meanwhile.
        now[0] += launched[0]
        pending[0], launched[0] = max(0.0, pending[0] - launched[0]), 0.0

    def synchronize() -> None:
        clear()
        now[0] += pending[0] + 20e-6
        pending[0] = 0.0

    replays = [lambda: work(side_s)]
    cuda.synchronize = synchronize
    cuda.current_stream = lambda: SimpleNamespace(synchronize=clear)
    if launch == "graph":
        monkeypatch.setattr(clock, "_graph", lambda call, calls: (SimpleNamespace(replay=replays[0]), None))
    assert clock.sample(call, 1).device_s == pytest.approx(expected_s, abs=30e-6)


def test_nothing_runs_before_a_single_call(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call before it would let an implementation remember the input that an audit rewrote."""
    monkeypatch.setattr(clock_module, "_cycles_per_second", lambda torch: 1e9)
    slept: list[int] = []
    cuda._sleep = slept.append  # type: ignore[attr-defined]
    cuda.synchronize = lambda: None
    clock = clock_for("cuda")
    ran: list[int] = []
    assert clock.single(lambda: ran.append(1)).host_s is None
    assert (ran, slept) == ([1], [1_000_000])


def test_persisting_lines_of_the_l2_cache_end_with_the_sample(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    resets: list[int] = []
    driver = SimpleNamespace(cuCtxResetPersistingL2Cache=lambda: resets.append(1))
    monkeypatch.setattr(clock_module, "_driver", lambda: driver)
    clock = clock_for("cuda", "graph")
    for _ in range(3):
        clock.sample(lambda: None, 1)
    assert len(resets) == 3


def test_a_machine_without_the_driver_resets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "_driver", lambda: None)
    clock_module._reset_persisting_l2()
