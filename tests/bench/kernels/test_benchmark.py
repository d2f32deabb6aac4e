"""What is asked, what is kept of the answers, and how they become standings."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.calibration.value import Calibration, Peak
from bench.errors import InfrastructureError, OutOfTime
from bench.kernels import benchmark, processes
from bench.kernels.benchmark import Benchmark
from bench.kernels.measuring import _why_not_workspace
from bench.kernels.shapes import built_in
from bench.kernels.suite import SUITES
from bench.kernels.summary import standings
from bench.kernels.trial import Candidate, Measured, Outcome, Question
from bench.terminal import kernels
from bench.worker.settings import Settings
from impls import UnknownImplementation, Work
from tests.bench.kernels.forged_kernels import measured

RIVALS = SUITES["cpu"].rivals
CALIBRATION = Calibration("cpu", 1, (Peak("fp32", 4000.0, "fma"),))
TIMES = {
    ("direct", "nchw"): 2.0, ("direct", "nhwc"): 1.0, ("onednn", "nhwc"): 1.5, ("torch", "nchw"): 3.0,
}  # fmt: skip
CRASH = Outcome(Candidate("fft", "nchw"), "crashed", "the process ended with exit code 3")


def _benchmark(*shapes: Measured) -> Benchmark:
    return Benchmark({"host": "forged"}, CALIBRATION, ("direct", "fft"), shapes, 1.0)


def test_questions_and_answers_survive_json() -> None:
    for asked in benchmark.ask(built_in()[:3], ("direct",), 1.0, 7):
        assert Question.from_dict(json.loads(json.dumps(asked.as_dict()))) == asked
    found = measured(TIMES)
    found = replace(found, outcomes=(*found.outcomes, CRASH))
    assert Measured.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_all_candidates_stand_in_both_layouts() -> None:
    (asked,) = benchmark.ask(built_in()[:1], ("direct", "fft"), 1.0, 0)
    names = ("direct", "fft", "onednn", "torch")
    assert asked.candidates == tuple(Candidate(name, layout) for name in names for layout in ("nchw", "nhwc"))


def test_own_kernels() -> None:
    own = SUITES["cpu"].own(())
    assert {"direct", "im2col", "fft", "winograd-f4"} <= set(own)
    assert not {"torch", "onednn", "cudnn", "loops", "auto"} & set(own)
    assert SUITES["cpu"].own(("fft", "loops", "torch")) == ("fft", "loops")
    assert "direct" not in SUITES["cpu"].own(("-direct",))
    with pytest.raises(UnknownImplementation, match="no implementation is left"):
        SUITES["cpu"].own(("onednn",))


def test_on_cuda_ours_stand_against_cudnn_with_channels_last() -> None:
    suite = SUITES["cuda"]
    own = suite.own(())
    assert {"im2col", "fft", "winograd-f4"} <= set(own)
    assert not {"torch", "onednn", "cudnn", "loops", "auto"} & set(own)
    (asked,) = benchmark.ask(built_in("cuda")[:1], own, 1.0, 0, suite)
    assert asked.candidates == tuple(Candidate(name, "nhwc") for name in (*own, "cudnn"))
    assert asked.shape.case("nhwc").device == "cuda"


def test_standings_have_each_layout_and_the_better_one() -> None:
    (standing,) = standings([measured(TIMES)], ("direct", "fft"), CALIBRATION, SUITES["cpu"])
    found = {key: None if mean is None else mean.value for key, mean in standing.by_layout.items()}
    assert found == {
        ("nchw", "onednn"): pytest.approx(0.75), ("nchw", "torch"): pytest.approx(1.5),
        ("nhwc", "onednn"): pytest.approx(1.5), ("nhwc", "torch"): pytest.approx(3.0),
    }  # fmt: skip
    assert standing.best["torch"] is not None
    assert standing.best["torch"].value == pytest.approx(3.0)
    # 1000 FLOPs in a second, of 4000 a second.
    assert (standing.of_peak, standing.workspace_bytes, standing.single) == (pytest.approx(0.25), 64, 0)
    assert standings([measured(TIMES)], ("direct",), None, SUITES["cpu"])[0].of_peak is None


def test_what_is_kept_can_be_read_back(tmp_path: Path) -> None:
    found = _benchmark(measured(TIMES, noise=0.01))
    data = json.loads(benchmark.store(found.as_dict(), tmp_path).read_text(encoding="utf-8"))
    assert [Measured.from_dict(shape) for shape in data["shapes"]] == list(found.measured)
    assert {(r["implementation"], r["layout"], r["rival"]) for r in data["ratios"]} == {
        ("direct", layout, rival) for layout in ("nchw", "nhwc") for rival in ("onednn", "torch")
    }
    assert data["environment"] == {"host": "forged"}
    assert Calibration.from_dict(data["calibration"]) == CALIBRATION


def test_a_table_of_cuda_is_held_to_its_own_limits(capsys: pytest.CaptureFixture[str]) -> None:
    shape = measured({("implicit-gemm", "nhwc"): 1.0, ("cudnn", "nhwc"): 0.9}, kind="dense-bf16", precision="bf16")
    found = Benchmark({"host": "forged"}, None, ("implicit-gemm",), (shape,), 1.0, SUITES["cuda"])
    assert [(f.goal.name, f.verdict) for f in found.findings] == [("implicit GEMM, bf16", "met")]
    json.dumps(found.as_dict(), allow_nan=False)
    kernels.show(found, Path("kept.json"))
    assert "cuDNN with its benchmark on and no limit, all in nhwc;" in capsys.readouterr().out


def test_faults_are_shown_and_are_not_fine(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    right = measured(TIMES)
    assert _benchmark(right).is_fine
    spoilt = _benchmark(replace(right, outcomes=(*right.outcomes, CRASH)))
    assert not spoilt.is_fine
    kernels.show(spoilt, Path("kept.json"))
    out = capsys.readouterr().out
    assert "Not right" in out
    assert "the process ended with exit code 3" in out
    assert "kept: kept.json" in out


def test_a_missed_limit_is_not_fine() -> None:
    slow = measured({("direct", "nchw"): 2.0, ("torch", "nchw"): 1.0}, kind="grouped")
    assert [f.verdict for f in _benchmark(slow).findings] == ["not met", "not met"]
    assert not _benchmark(slow).is_fine


def test_the_limit_ends_the_table_and_what_is_left_out_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = benchmark.ask([shape for shape in built_in() if shape.kind == "grouped"], ("direct",), 1.0, 0)

    def answers(questions: list[Question], settings: Settings, ends_at: float) -> Iterator[Measured]:
        assert ends_at - time.monotonic() == pytest.approx(60, abs=1)
        yield replace(measured({("direct", "nchw"): 1.0, ("torch", "nchw"): 9.0}), shape=questions[0].shape)
        raise OutOfTime

    monkeypatch.setattr(processes, "answers", answers)
    monkeypatch.setattr(benchmark, "conditions", lambda *given: ({"host": "forged"}, CALIBRATION))
    found = benchmark.run(asked, ("direct",), Settings(1), lambda text: None, limit_s=60.0)
    assert [m.shape for m in found.measured] == [asked[0].shape]
    assert [shape["name"] for shape in found.as_dict()["left_out"]] == [q.shape.name for q in asked[1:]]
    # One shape is not the class.
    assert found.findings[0].verdict == "undecided"
    kernels.show(found, Path("kept.json"))
    assert f"stopped by --limit: {len(asked) - 1} left out" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_an_infrastructure_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError, match="cannot be written"):
        benchmark.require_place(tmp_path / "file")


PLUGIN = """
import os, time
import torch
import impls


class Base(impls.Implementation):
    bounds = ("direct", "fft", "winograd-f6")

    def plan(self, case, weight, bias):
        def run(x):
            self.before(x)
            return torch.nn.functional.conv2d(x, weight, padding=1) + self.off

        return run

    off = 0.0

    def before(self, x):
        pass


@impls.register
class Right(Base):
    name = "right"


@impls.register
class Off(Base):
    name = "off"
    off = 1.0


@impls.register
class Raises(Base):
    name = "raises"

    def before(self, x):
        raise RuntimeError("not today")


@impls.register
class Crashes(Base):
    name = "crashes"

    def before(self, x):
        os._exit(3)


@impls.register
class Hangs(Base):
    name = "hangs"

    def before(self, x):
        time.sleep(60)
"""


@pytest.mark.slow
def test_a_candidate_that_crashes_costs_itself_only(tmp_path: Path) -> None:
    plugin = tmp_path / "behaviours.py"
    plugin.write_text(PLUGIN)
    names = ("right", "off", "crashes", "raises", "hangs", "torch")
    shape = measured({}).shape
    asked = [
        Question(shape, tuple(Candidate(n, "nchw") for n in names), 0, 0.05, RIVALS),
        Question(shape, (Candidate("right", "nhwc"), Candidate("torch", "nhwc")), 1, 0.05, RIVALS),
    ]
    # Loading and compiling take seconds on a loaded machine; nothing else here takes a tenth of this.
    first, second = processes.answers(asked, Settings(1, (plugin,), step_timeout_s=15.0))
    status = {o.candidate.implementation: o.status for o in first.outcomes}
    assert status == {
        "right": "ok", "off": "wrong", "crashes": "crashed", "raises": "failed", "hangs": "timeout", "torch": "ok"
    }  # fmt: skip
    reasons = {o.candidate.implementation: o.reason or "" for o in first.outcomes}
    assert "exit code 3" in reasons["crashes"]
    assert "not today" in reasons["raises"]
    assert {o.candidate.implementation for o in first.timed(names)} == {"right", "torch"}
    assert [o.status for o in second.outcomes] == ["ok", "ok"]
    for o in (*first.timed(names), *second.timed(names)):
        assert {draw for draw, _, _ in o.samples} == {0, 1, 2}
        assert len(o.samples) >= 6
        assert not o.is_single


@pytest.mark.slow
def test_a_hang_shortly_before_the_end_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = tmp_path / "behaviours.py"
    plugin.write_text(PLUGIN)
    passed_s, hour_s = 0.0, 3600.0
    monkeypatch.setattr(processes, "time", SimpleNamespace(monotonic=lambda: passed_s))
    asked = [Question(measured({}).shape, (Candidate(n, "nchw"),), 0, 0.05, RIVALS) for n in ("right", "hangs")]
    found = processes.answers(asked, Settings(1, (plugin,)), ends_at=hour_s)
    assert next(found).outcomes[0].status == "ok"
    passed_s = hour_s - 1.0
    with pytest.raises(OutOfTime):
        next(found)


def test_no_process_is_waited_for_when_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[Any] = []
    start = processes.subprocess.Popen
    monkeypatch.setattr(processes.subprocess, "Popen", lambda *a, **k: children.append(start(*a, **k)) or children[-1])
    asked = Question(measured({}).shape, (Candidate("direct", "nchw"),), 0, 0.05, RIVALS)
    with pytest.raises(OutOfTime):
        next(processes.answers([asked], Settings(1), ends_at=time.monotonic()))
    (child,) = children
    assert child.poll() is not None


@pytest.mark.slow
def test_long_calls_are_samples_of_their_own() -> None:
    """Where the budget does not hold what warm samples take, each call counts; what is far behind is called once."""
    shape = replace(measured({}).shape, problem=built_in()[6].problem)
    names = ("torch", "loops")
    (found,) = processes.answers(
        [Question(shape, tuple(Candidate(n, "nchw") for n in names), 0, 0.001, RIVALS)], Settings(1)
    )
    torch_, loops = found.outcomes
    assert [(d, b) for d, b, _ in torch_.samples] == [(0, 0), (1, 0), (2, 0)]
    assert (loops.is_single, len(loops.samples)) == (True, 1)


def test_a_process_that_does_not_start_is_an_infrastructure_error(tmp_path: Path) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text("raise RuntimeError('no')")
    question = Question(measured({}).shape, (Candidate("direct", "nchw"),), 0, 0.05, RIVALS)
    with pytest.raises(InfrastructureError, match=r"did not start.*it raised RuntimeError: no"):
        next(processes.answers([question], Settings(1, (plugin,))))


@pytest.mark.parametrize(("workspace_bytes", "is_tried"), [(None, True), (2**20, True), (2**32, False)])
def test_what_needs_gibibytes_beside_the_tensors_is_not_tried(workspace_bytes: int | None, is_tried: bool) -> None:
    assert _why_not_workspace(Work(workspace_bytes=workspace_bytes), "cuda") is None
    reason = _why_not_workspace(Work(workspace_bytes=workspace_bytes), "cpu")
    assert (reason is None) == is_tried
    assert reason is None or "4.0 GiB" in reason
