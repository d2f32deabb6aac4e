"""Plan and calls in this process: the code that runs, its lines, and the options that it refuses."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from bench.errors import UsageError
from bench.run import in_process
from bench.run.in_process import Loop, Profiled, loop_for, profile
from bench.sweep.jobs import for_problem
from bench.sweep.overrides import Overrides
from bench.terminal.in_process import show
from impls import registry

SMALL = "mb1ic4ih8oc4kh3ph1"
PLUGIN = """
import gc

import impls
import torch

CALLS = []


@impls.register
class Noted(impls.Implementation):
    name = "noted"

    def plan(self, case, weight, bias):
        CALLS.append("plan")

        def run(x):
            CALLS.append(tuple(x.shape))
            return x

        return run


@impls.register
class Raises(impls.Implementation):
    name = "raises"

    def plan(self, case, weight, bias):
        gc.disable()
        raise RuntimeError("this is why\\nand more lines")
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Path]:
    before, threads = dict(registry._registered), torch.get_num_threads()
    path = tmp_path / "noted.py"
    path.write_text(PLUGIN)
    yield path
    registry._registered.clear()
    registry._registered.update(before)
    torch.set_num_threads(threads)


def _profile(plugin: Path, calls: int, *names: str) -> list[Profiled]:
    overrides = Overrides(implementations=names, devices=("cpu",), threads=1, load=(plugin,))
    return list(profile(for_problem(SMALL, overrides, ""), Loop(calls)))


def test_each_is_planned_once_warmed_up_once_and_called_the_given_number_of_times(plugin: Path) -> None:
    (noted,) = _profile(plugin, 3, "noted")
    assert ["plan", *[(1, 4, 8, 8)] * (1 + 3)] == sys.modules["convcost_plugin_noted"].CALLS
    assert (noted.implementation, noted.descriptor, noted.calls, noted.reason) == ("noted", SMALL, 3, None)
    assert None not in (noted.plan_s, noted.first_s, noted.total_s)
    assert torch.get_num_threads() == 1
    # Nothing was compiled, so perf needs no names.
    assert noted.symbols is None


class Clock:
    """A clock that a call moves on."""

    def __init__(self, call_s: float) -> None:
        self.now_s, self.call_s, self.calls, self.reads = 100.0, call_s, 0, 0

    def perf_counter(self) -> float:
        self.reads += 1
        return self.now_s

    def call(self) -> None:
        self.calls += 1
        self.now_s += self.call_s


@pytest.mark.parametrize(
    ("call_s", "seconds", "calls", "reads"),
    [
        # Short calls: the clock is read hardly ever between them.
        (2**-20, 0.25, range(2**18, 2**18 + 2**10), 70),
        (2**-3, 1.0, range(8, 9), 40),
        # One call is longer than the time.
        (8.0, 1.0, range(1, 2), 5),
    ],
)
def test_a_loop_takes_its_seconds_and_reads_the_clock_once_a_batch(
    call_s: float, seconds: float, calls: range, reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(call_s)
    monkeypatch.setattr(in_process, "time", clock)
    assert Loop(seconds=seconds).run(clock.call) == clock.calls
    assert clock.calls in calls
    assert clock.reads <= reads


def test_a_loop_without_number_and_seconds_is_one_call() -> None:
    clock = Clock(1.0)
    assert (Loop().run(clock.call), clock.calls) == (1, 1)


def test_a_failure_is_reported_and_the_next_implementation_runs(plugin: Path) -> None:
    raises, cudnn, direct = _profile(plugin, 1, "raises", "cudnn", "direct")
    # Its change of what all share is put back.
    assert gc.isenabled()
    assert (raises.reason, raises.failed) == ("RuntimeError: this is why (noted.py, line 30)", True)
    assert (cudnn.reason, cudnn.failed) == ("runs on cuda, not on cpu", False)
    assert (direct.reason, direct.failed) == (None, False)


@pytest.mark.parametrize(
    ("profiled", "line"),
    [
        (
            Profiled("fft", SMALL, 3, 0.5, 0.125, 0.25),
            f"fft, {SMALL}: plan 500.0 ms, first call 125.0 ms, 3 calls 250.0 ms in all",
        ),
        (
            Profiled("fft", SMALL, 1, 0.5, 0.125, 0.25),
            f"fft, {SMALL}: plan 500.0 ms, first call 125.0 ms, 1 call 250.0 ms in all",
        ),
        (Profiled("fft", SMALL, reason="cuda only"), f"fft, {SMALL}: not run: cuda only"),
        (Profiled("fft", SMALL, reason="oh no", failed=True), f"fft, {SMALL}: failed: oh no"),
        (
            Profiled("fft", SMALL, 1, 0.5, 0.125, 0.25, symbols=Path("/tmp/perf-7.map")),
            f"fft, {SMALL}: plan 500.0 ms, first call 125.0 ms, 1 call 250.0 ms in all\n"
            "names of compiled functions, for perf: /tmp/perf-7.map",
        ),
    ],
)
def test_each_implementation_has_one_line(capsys: pytest.CaptureFixture[str], profiled: Profiled, line: str) -> None:
    assert show([profiled]) == profiled.failed
    assert capsys.readouterr().out == line + "\n"


def test_one_failure_of_several_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert show([Profiled("a", SMALL, reason="no", failed=True), Profiled("b", SMALL, 1, 0.5, 0.1, 0.2)])


@pytest.mark.parametrize(
    ("in_process", "calls", "seconds", "words"),
    [
        (False, 1, None, "--calls is for profiling; add --in-process"),
        (False, None, 1.0, "--seconds is for profiling; add --in-process"),
        (True, 3, 0.5, "--calls 3 and --seconds 0.5 exclude each other; leave out one of them"),
    ],
)
def test_a_loop_needs_in_process_and_one_length(
    in_process: bool, calls: int | None, seconds: float | None, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        loop_for(in_process, calls, seconds)


def test_without_in_process_there_is_no_loop() -> None:
    assert loop_for(False, None, None) is None


def test_only_gpus_have_named_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    nvtx = SimpleNamespace(range_push=notes.append, range_pop=lambda: notes.append("pop"))
    monkeypatch.setattr(torch.cuda, "nvtx", nvtx)
    with in_process._range("cpu", "convcost plan fft"):
        pass
    assert notes == []
    with pytest.raises(RuntimeError), in_process._range("cuda", "convcost plan fft"):
        raise RuntimeError
    assert notes == ["convcost plan fft", "pop"]
