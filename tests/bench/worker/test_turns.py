"""A candidate that changes what all candidates share is named, the change put back, and no other runs under it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.energy.work import CpuWork
from bench.store.status import Status
from bench.worker import turns as turns_module
from bench.worker.beacon import HARNESS, Beacon
from bench.worker.contest import hold
from bench.worker.energy import _flagged, _Shown
from bench.worker.protocol import Outcome, Task
from bench.worker.proving import prove_and_time
from bench.worker.trial import Entrant, Trial
from bench.worker.turns import Turns, changers
from impls import Case, ConvProblem, Implementation, Plan, Work, register, registry

CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
# Each changes one setting that it is given; what another candidate can see of it; the words of the change.
CHANGES: dict[str, tuple[Callable[[], Any], Callable[[], Any], str]] = {
    "threads": (lambda: torch.set_num_threads(3), torch.get_num_threads, "threads of torch 1 → 3"),
    "onednn": (lambda: torch._C._set_mkldnn_enabled(False), torch._C._get_mkldnn_enabled, "oneDNN in torch on → off"),
    "dtype": (lambda: torch.set_default_dtype(torch.float64), torch.get_default_dtype, "default dtype"),
    "gradients": (lambda: torch.set_grad_enabled(False), torch.is_grad_enabled, "gradients on → off"),
    "denormals": (lambda: torch.set_flush_denormal(True), lambda: sys.float_info.min * 0.5, "denormal numbers"),
    "collector": (gc.disable, gc.isenabled, "garbage collector on → off"),
    "precision": (
        lambda: torch.set_float32_matmul_precision("medium"),
        torch.get_float32_matmul_precision,
        "float32 matmul precision highest → medium",
    ),
    "folder": (lambda: os.chdir("/"), os.getcwd, "working directory"),
    "variable": (
        lambda: os.environ.update(CONVCOST_LEAK="1"),
        lambda: os.environ.get("CONVCOST_LEAK"),
        "environment variable CONVCOST_LEAK not set → 1",
    ),
}
PLACES = ("why_not", "work", "plan", "call", "timed call")
# Calls of a candidate before its first timed one: the first, and one for its peak memory.
UNTIMED = 2


class Leaks(Implementation):
    """Changes a setting where it is told to."""

    name = "leaks"
    place, change, calls = "", staticmethod(lambda: None), 0

    def _at(self, place: str) -> None:
        if place == self.place:
            type(self).change()

    def why_not(self, case: Case) -> str | None:
        self._at("why_not")
        return None

    def work(self, case: Case) -> Work:
        self._at("work")
        return Work()

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        self._at("plan")

        def run(x: torch.Tensor) -> torch.Tensor:
            type(self).calls += 1
            self._at("call")
            if self.calls > UNTIMED:
                self._at("timed call")
            return torch.conv2d(x.detach(), weight, None, 1, 1)

        return Plan(run)


class Watches(Implementation):
    """Sees the setting wherever it runs."""

    name = "watches"
    look, seen = staticmethod(lambda: None), list[object]()

    def _look(self) -> None:
        self.seen.append(type(self).look())

    def why_not(self, case: Case) -> str | None:
        self._look()
        return None

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        self._look()

        def run(x: torch.Tensor) -> torch.Tensor:
            self._look()
            return torch.conv2d(x.detach(), weight, None, 1, 1)

        return Plan(run)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before, threads = dict(registry._registered), torch.get_num_threads()
    register(Leaks)
    register(Watches)
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    registry._registered.clear()
    registry._registered.update(before)


def outcomes(tmp_path: Path, *names: str, max_seconds: float | None = 0.01) -> dict[str, Outcome]:
    found: list[Outcome] = []
    task = Task(CASE, names, 0, max_seconds, 0.5, min_blocks=3, tricks=False)
    prove_and_time(task, found.append, Beacon.create(tmp_path))
    return {outcome.implementation: outcome for outcome in found}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("setting", CHANGES)
def test_a_change_is_named_and_no_other_candidate_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, place: str
) -> None:
    change, look, words = CHANGES[setting]
    before = look()
    monkeypatch.setattr(Leaks, "place", place)
    monkeypatch.setattr(Leaks, "change", staticmethod(change))
    monkeypatch.setattr(Leaks, "calls", 0)
    monkeypatch.setattr(Watches, "look", staticmethod(look))
    monkeypatch.setattr(Watches, "seen", [])
    found = outcomes(tmp_path, "leaks", "watches")
    assert look() == before
    assert found["watches"].status is Status.OK
    assert found["watches"].side_effects is None
    assert found["watches"].samples
    if found["leaks"].status is Status.FAILED:
        assert place in ("call", "timed call")
        assert f"changed what all candidates share: {words}" in (found["leaks"].reason or "")
        assert not found["leaks"].samples
        assert set(Watches.seen[-len(found["watches"].samples) :]) == {before}
    else:
        assert set(Watches.seen) == {before}
        assert words in (found["leaks"].side_effects or "")
        assert found["leaks"].samples


@pytest.mark.parametrize("at_call", [UNTIMED + 1, UNTIMED + 5])
def test_a_change_in_one_call_only_is_named_and_all_are_timed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_call: int
) -> None:
    def change() -> None:
        if Leaks.calls == at_call:
            gc.disable()

    monkeypatch.setattr(Leaks, "place", "timed call")
    monkeypatch.setattr(Leaks, "change", staticmethod(change))
    monkeypatch.setattr(Leaks, "calls", 0)
    monkeypatch.setattr(Watches, "look", staticmethod(gc.isenabled))
    monkeypatch.setattr(Watches, "seen", [])
    found = outcomes(tmp_path, "leaks", "watches")
    assert gc.isenabled()
    assert found["watches"].status is Status.OK
    assert set(Watches.seen[-len(found["watches"].samples) :]) == {True}


def test_the_entrants_of_a_trial_take_turns_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Leaks, "place", "plan")
    monkeypatch.setattr(Leaks, "change", staticmethod(gc.disable))
    monkeypatch.setattr(Watches, "look", staticmethod(gc.isenabled))
    monkeypatch.setattr(Watches, "seen", [])
    entrants = (Entrant("leaks", "nchw"), Entrant("watches", "nchw"))
    trial = Trial(CASE.problem, "fp32", "cpu", entrants, 0, 0.05, ())
    leaks, watches = hold(trial, Beacon.create(tmp_path))
    assert gc.isenabled()
    assert (leaks.side_effects, watches.side_effects) == ("garbage collector on → off", None)
    assert set(Watches.seen) == {True}
    assert min(len(leaks.samples), len(watches.samples)) > 0


def test_no_energy_window_is_measured_under_the_settings_of_another() -> None:
    turns, _ = turns_of("leaks", "watches")
    seen: list[bool] = []
    leaks = _Shown(CpuWork(gc.disable), turns, "leaks")
    watches = _Shown(CpuWork(lambda: seen.append(gc.isenabled())), turns, "watches")
    for work in (leaks, watches, leaks, watches):
        work.advance(1e-4)
        work.advance(1e-4)
        work.finish()
    assert set(seen) == {True}
    assert (turns.words("leaks"), turns.words("watches")) == ("garbage collector on → off", None)
    figures = [{"gross_j": 1.0, "flags": ["one-window"]}]
    assert _flagged(figures, turns.words("leaks"))[0]["flags"] == ["one-window", "side-effects"]
    assert _flagged(figures, turns.words("watches")) == figures


def test_suspects_are_timed_again_once_and_then_share_the_note() -> None:
    turns, _ = turns_of("a", "b", "c")
    assert turns.suspect(["a", "b"], ["x 1 → 2"])
    assert not turns.suspect(["b", "a"], ["x 1 → 2"])
    assert turns.words("a") == turns.words("b") == "x 1 → 2, by one of the candidates timed together"
    assert turns.words("c") is None


class Told:
    """A beacon that keeps what it was shown."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    def show(self, candidate: int) -> None:
        self.shown.append(candidate)


def turns_of(*keys: str) -> tuple[Turns[str], Told]:
    return Turns(told := Told(), keys), told  # type: ignore[arg-type]


def test_a_change_of_the_worker_itself_has_no_author() -> None:
    turns, _ = turns_of("a", "b")
    turns.begin(None)
    gc.disable()
    turns.begin("a")
    assert gc.isenabled()
    turns.begin(None)
    assert (turns.words("a"), turns.words("b")) == (None, None)


def test_a_slow_setting_changed_among_several_samples_has_no_author_until_each_runs_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CONVCOST_LEAK", raising=False)
    turns, told = turns_of("a", "b")
    calls = {"a": lambda: None, "b": lambda: os.environ.update(CONVCOST_LEAK="1")}
    for name in ("a", "b", "a"):
        turns.sample(name)
        calls[name]()
    turns.begin(None)
    assert turns.unassigned == ("environment variable CONVCOST_LEAK not set → 1",)
    assert "CONVCOST_LEAK" not in os.environ
    assert changers(turns, calls, "cpu") == {"b": "environment variable CONVCOST_LEAK not set → 1"}
    assert told.shown == [0, 1, 0, HARNESS, 0, 1, HARNESS]


def test_settings_are_asked_for_as_often_as_their_share_of_the_time_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [0.0]
    monkeypatch.setattr(turns_module.time, "perf_counter", lambda: now_s[0])
    turns, _ = turns_of("a", "b")
    asked: list[float] = []
    read = turns._quick.read

    class Slow:
        changes, restore = turns._quick.changes, turns._quick.restore

        @staticmethod
        def read() -> tuple[Any, ...]:
            asked.append(now_s[0])
            now_s[0] += 1e-5
            return read()

    monkeypatch.setattr(turns, "_quick", Slow)
    for _ in range(1000):
        turns.sample("a")
        now_s[0] += 1e-4
        turns.sample("b")
        now_s[0] += 1e-4
    assert 95 <= len(asked) <= 101
    # One that is known to change settings is asked after each of its samples.
    turns.note("b", ["before"])
    asked.clear()
    for name in "abababa":
        turns.sample(name)
        if name == "b":
            gc.disable()
    assert len(asked) >= 3
    assert turns.unassigned == ()
    assert (turns.words("a"), turns.words("b")) == (None, "before; garbage collector on → off")


def test_a_change_that_cannot_be_put_back_ends_the_process_in_the_name_of_its_author(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(turns_module, "leave", said.append)
    turns, told = turns_of("a", "b")
    turns.begin("b")
    guard = torch.inference_mode()
    guard.__enter__()
    try:
        turns.begin("a")
    finally:
        guard.__exit__(None, None, None)
    assert said == ["it changed what cannot be put back: inference mode off → on"]
    assert told.shown[:2] == [1, 1]
