"""Plan and calls in this process: the code that runs, its lines, and the options that it refuses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from bench.errors import UsageError
from bench.run import in_process
from bench.run.in_process import Profiled, profile, require_options
from bench.sweep.jobs import for_problem
from bench.sweep.overrides import Overrides
from bench.terminal.in_process import show
from impls import registry

SMALL = "mb1ic4ih8oc4kh3ph1"
PLUGIN = """
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
    return list(profile(for_problem(SMALL, overrides, ""), calls))


def test_each_is_planned_once_and_called_the_given_number_of_times(plugin: Path) -> None:
    (noted,) = _profile(plugin, 3, "noted")
    assert ["plan", *[(1, 4, 8, 8)] * 3] == sys.modules["convcost_plugin_noted"].CALLS
    assert (noted.implementation, noted.descriptor, noted.calls, noted.reason) == ("noted", SMALL, 3, None)
    assert noted.plan_s is not None
    assert noted.total_s is not None
    assert torch.get_num_threads() == 1


def test_a_failure_is_reported_and_the_next_implementation_runs(plugin: Path) -> None:
    raises, cudnn, direct = _profile(plugin, 1, "raises", "cudnn", "direct")
    assert (raises.reason, raises.failed) == ("RuntimeError: this is why (noted.py, line 27)", True)
    assert (cudnn.reason, cudnn.failed) == ("runs on cuda, not on cpu", False)
    assert (direct.reason, direct.failed) == (None, False)


@pytest.mark.parametrize(
    ("profiled", "line"),
    [
        (Profiled("fft", SMALL, 3, 0.5, 0.25), f"fft, {SMALL}: plan 500.0 ms, 3 calls 250.0 ms in all"),
        (Profiled("fft", SMALL, 1, 0.5, 0.25), f"fft, {SMALL}: plan 500.0 ms, 1 call 250.0 ms in all"),
        (Profiled("fft", SMALL, 1, reason="cuda only"), f"fft, {SMALL}: not run: cuda only"),
        (Profiled("fft", SMALL, 1, reason="oh no", failed=True), f"fft, {SMALL}: failed: oh no"),
    ],
)
def test_each_implementation_has_one_line(capsys: pytest.CaptureFixture[str], profiled: Profiled, line: str) -> None:
    assert show(profiled) == profiled.failed
    assert capsys.readouterr().out == line + "\n"


@pytest.mark.parametrize(
    ("in_process", "calls", "others", "words"),
    [
        (False, 1, {}, "--calls is for profiling; add --in-process"),
        (True, None, {"cache": "cold"}, "leave out --cache"),
        (True, 2, {"processes": 1, "as_json": True, "target_rel_ci": None}, "leave out --processes, --json"),
    ],
)
def test_options_without_effect_are_refused(
    in_process: bool, calls: int | None, others: dict[str, Any], words: str
) -> None:
    overrides = Overrides(**{name: value for name, value in others.items() if name != "as_json"})
    with pytest.raises(UsageError, match=words):
        require_options(in_process, calls, overrides, as_json=others.get("as_json", False))


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
