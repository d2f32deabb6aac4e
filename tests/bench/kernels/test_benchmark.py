"""The trials of a comparison, its file, and its means by class."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.calibration.value import Calibration, Peak
from bench.errors import InfrastructureError, OutOfTime
from bench.estimates.conclusion import Conclusion
from bench.kernels import benchmark
from bench.kernels.benchmark import Benchmark
from bench.kernels.shapes import built_in
from bench.kernels.suite import SUITES
from bench.kernels.summary import class_means
from bench.kernels.trials import ShapeResult, ShapeTrial, of_all_runs
from bench.store.status import Status
from bench.terminal import kernels
from bench.worker.settings import Settings
from bench.worker.trial import Entrant, EntrantOutcome
from impls import UnknownImplementation
from tests.bench.kernels.forged_kernels import shape_result

CALIBRATION = Calibration("cpu", 1, (Peak("fp32", 4000.0, "fma"),))
TIMES = {
    ("direct", "nchw"): 2.0, ("direct", "nhwc"): 1.0, ("onednn", "nhwc"): 1.5, ("torch", "nchw"): 3.0,
}  # fmt: skip
CRASH = EntrantOutcome(Entrant("fft", "nchw"), Status.CRASHED, "the process ended with exit code 3")


def _benchmark(*shapes: ShapeResult) -> Benchmark:
    return Benchmark({"host": "forged"}, CALIBRATION, ("direct", "fft"), shapes, 1.0)


def test_a_result_survives_json() -> None:
    found = shape_result(TIMES)
    found = replace(found, outcomes=(*found.outcomes, CRASH))
    assert ShapeResult.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_all_implementations_are_entered_in_both_layouts() -> None:
    (asked,) = benchmark.trials_of(built_in()[:1], ("direct", "fft"), 1.0, 0)
    names = ("direct", "fft", "onednn", "torch")
    assert asked.trial.entrants == tuple(Entrant(name, layout) for name in names for layout in ("nchw", "nhwc"))


def test_rivals_and_loops_are_not_our_kernels() -> None:
    own = SUITES["cpu"].own(())
    assert {"direct", "im2col", "fft", "winograd-f4"} <= set(own)
    assert not {"torch", "onednn", "cudnn", "loops", "auto", "auto-safe"} & set(own)
    assert SUITES["cpu"].own(("fft", "loops", "torch")) == ("fft", "loops")
    assert "direct" not in SUITES["cpu"].own(("-direct",))
    with pytest.raises(UnknownImplementation, match="no implementation is left"):
        SUITES["cpu"].own(("onednn",))


def test_on_cuda_ours_are_entered_against_cudnn_with_channels_last() -> None:
    suite = SUITES["cuda"]
    own = suite.own(())
    assert {"im2col", "fft", "winograd-f4"} <= set(own)
    assert not {"torch", "onednn", "cudnn", "loops", "auto", "auto-safe"} & set(own)
    (asked,) = benchmark.trials_of(built_in("cuda")[:1], own, 1.0, 0, suite)
    assert asked.trial.entrants == tuple(Entrant(name, "nhwc") for name in (*own, "cudnn"))
    assert asked.shape.case("nhwc").device == "cuda"


def test_standings_have_each_layout_and_the_better_one() -> None:
    (means,) = class_means([shape_result(TIMES)], ("direct", "fft"), CALIBRATION, SUITES["cpu"])
    found = {key: None if mean is None else mean.value for key, mean in means.by_layout.items()}
    assert found == {
        ("nchw", "onednn"): pytest.approx(0.75), ("nchw", "torch"): pytest.approx(1.5),
        ("nhwc", "onednn"): pytest.approx(1.5), ("nhwc", "torch"): pytest.approx(3.0),
    }  # fmt: skip
    assert means.best["torch"] is not None
    assert means.best["torch"].value == pytest.approx(3.0)
    # 1000 FLOPs in a second, of 4000 a second.
    assert (means.of_peak, means.workspace_bytes, means.single) == (pytest.approx(0.25), 64, 0)
    assert class_means([shape_result(TIMES)], ("direct",), None, SUITES["cpu"])[0].of_peak is None


def test_the_file_can_be_read_back(tmp_path: Path) -> None:
    found = _benchmark(shape_result(TIMES, noise=0.01))
    data = json.loads(benchmark.store(found.as_dict(), tmp_path).read_text(encoding="utf-8"))
    assert [ShapeResult.from_dict(shape) for shape in data["shapes"]] == list(found.results)
    assert {(r["implementation"], r["layout"], r["rival"]) for r in data["ratios"]} == {
        ("direct", layout, rival) for layout in ("nchw", "nhwc") for rival in ("onednn", "torch")
    }
    assert data["environment"] == {"host": "forged"}
    assert Calibration.from_dict(data["calibration"]) == CALIBRATION


def test_cuda_results_have_their_own_goals(capsys: pytest.CaptureFixture[str]) -> None:
    shape = shape_result({("implicit-gemm", "nhwc"): 1.0, ("cudnn", "nhwc"): 0.9}, kind="dense-bf16", precision="bf16")
    found = Benchmark({"host": "forged"}, None, ("implicit-gemm",), (shape,), 1.0, SUITES["cuda"])
    assert [(f.goal.name, f.verdict) for f in found.goal_results] == [("implicit GEMM, bf16", Conclusion.MET)]
    json.dumps(found.as_dict(), allow_nan=False)
    kernels.show(found, Path("kept.json"))
    assert "cuDNN with its benchmark on and no limit, all in nhwc;" in capsys.readouterr().out


def test_faults_are_shown_and_are_not_fine(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    right = shape_result(TIMES)
    assert _benchmark(right).is_fine
    spoilt = _benchmark(replace(right, outcomes=(*right.outcomes, CRASH)))
    assert not spoilt.is_fine
    kernels.show(spoilt, Path("kept.json"))
    out = capsys.readouterr().out
    assert "Not right" in out
    assert "the process ended with exit code 3" in out
    assert "kept: kept.json" in out


def test_a_missed_limit_is_not_fine() -> None:
    slow = shape_result({("direct", "nchw"): 2.0, ("torch", "nchw"): 1.0}, kind="grouped")
    assert [f.verdict for f in _benchmark(slow).goal_results] == [Conclusion.NOT_MET, Conclusion.NOT_MET]
    assert not _benchmark(slow).is_fine


def test_on_a_busy_machine_a_missed_limit_is_undecided_and_the_first_line_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slow = shape_result({("direct", "nchw"): 2.0, ("torch", "nchw"): 1.0}, kind="grouped")
    found = replace(_benchmark(slow), others=1.97)
    assert found.is_fine
    data = found.as_dict()
    assert (data["others_processors"], {limit["verdict"] for limit in data["limits"]}) == (1.97, {Conclusion.BUSY})
    kernels.show(found, Path("kept.json"))
    out = capsys.readouterr().out
    assert out.startswith("The machine was busy: other programs used its processors, 2.0 of them on average. ")
    assert "not met" not in out.partition("\n\n")[2].replace("are not met are undecided", "")
    faulty = replace(found, results=(replace(slow, outcomes=(*slow.outcomes, CRASH)),))
    assert not faulty.is_fine, "a fault is no noise"


def test_the_limit_ends_the_comparison_and_left_out_shapes_are_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = benchmark.trials_of([shape for shape in built_in() if shape.kind == "grouped"], ("direct",), 1.0, 0)

    def hold_trials(trials: list[ShapeTrial], settings: Settings, ends_at: float) -> Iterator[ShapeResult]:
        assert ends_at - time.monotonic() == pytest.approx(60, abs=1)
        yield replace(shape_result({("direct", "nchw"): 1.0, ("torch", "nchw"): 9.0}, runs=1), shape=trials[0].shape)
        raise OutOfTime

    monkeypatch.setattr(benchmark, "hold_trials", hold_trials)
    monkeypatch.setattr(benchmark, "conditions", lambda *given: ({"host": "forged"}, CALIBRATION))
    found = benchmark.run(asked, ("direct",), Settings(1), lambda text: None, limit_s=60.0)
    assert [result.shape for result in found.results] == [asked[0].shape]
    assert [shape["name"] for shape in found.as_dict()["left_out"]] == [trial.shape.name for trial in asked[1:]]
    # One shape is not the class.
    assert found.goal_results[0].verdict is Conclusion.UNDECIDED
    kernels.show(found, Path("kept.json"))
    out = capsys.readouterr().out
    assert f"stopped by --limit: {len(asked) - 1} left out" in out
    assert "[one run]" in out


def test_each_run_holds_all_trials_with_seeds_of_its_own_until_the_limit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit comes within the third run: its shape is kept, and does not count as a run."""
    asked = benchmark.trials_of(
        [shape for shape in built_in() if shape.kind == "grouped"][:2], ("direct",), 1.5, 7, runs=4
    )
    assert {(trial.trial.max_seconds, trial.trial.draws) for trial in asked} == {(0.375, 1)}
    seeds: list[list[int]] = []

    def hold_trials(trials: list[ShapeTrial], settings: Settings, ends_at: float) -> Iterator[ShapeResult]:
        seeds.append([trial.trial.seed for trial in trials])
        for trial in trials[: 1 if len(seeds) == 3 else 2]:
            yield replace(shape_result({("direct", "nchw"): 1.0, ("torch", "nchw"): 9.0}, runs=1), shape=trial.shape)
        if len(seeds) == 3:
            raise OutOfTime

    monkeypatch.setattr(benchmark, "hold_trials", hold_trials)
    monkeypatch.setattr(benchmark, "conditions", lambda *given: ({"host": "forged"}, CALIBRATION))
    said: list[str] = []
    found = benchmark.run(asked, ("direct",), Settings(1), said.append, runs=4)
    assert seeds == [[7, 8], [9, 10], [11, 12]]
    assert said[2].startswith("run 2 of 4, 1 of 2: grouped, ")
    assert [{s.run for s in result.outcomes[0].samples} for result in found.results] == [{0, 1, 2}, {0, 1}]
    assert (found.runs, found.asked_runs, found.left_out, found.as_dict()["runs"]) == (2, 4, (), 2)
    kernels.show(found, Path("kept.json"))
    assert "2 shapes in 0.0 minutes, stopped by --limit after 2 of 4 runs; kept" in capsys.readouterr().out


@contextmanager
def _noted(seed: int, busy: list[int]) -> Iterator[None]:
    busy.append(seed)
    yield
    busy.append(-1)


def test_each_run_is_repeated_with_a_busy_core(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours take twice as long beside a busy core, torch half as long again: a quarter of the ratio is lost."""
    asked = benchmark.trials_of(
        [shape for shape in built_in() if shape.kind == "grouped"][:2], ("direct",), 1.5, 7, runs=2
    )
    busy: list[int] = []

    def hold_trials(trials: list[ShapeTrial], settings: Settings, ends_at: float) -> Iterator[ShapeResult]:
        own_s, torch_s = (2.0, 13.5) if busy and busy[-1] >= 0 else (1.0, 9.0)
        for trial in trials:
            times_s = {("direct", "nchw"): own_s, ("torch", "nchw"): torch_s}
            yield replace(shape_result(times_s, runs=1), shape=trial.shape)

    monkeypatch.setattr(benchmark, "hold_trials", hold_trials)
    monkeypatch.setattr(benchmark, "one_busy_core", lambda seed: _noted(seed, busy))
    monkeypatch.setattr(benchmark, "conditions", lambda *given: ({"host": "forged"}, CALIBRATION))
    said: list[str] = []
    found = benchmark.run(asked, ("direct",), Settings(1), said.append, runs=2, busy_core=True)
    assert busy == [0, -1, 1, -1]
    assert [line.partition(":")[0] for line in said[2:5]] == [
        "run 1 of 2, one core busy, 1 of 2", "run 1 of 2, one core busy, 2 of 2", "run 2 of 2, 1 of 2",
    ]  # fmt: skip
    assert [(one.kept, one.verdict) for one in found.busy_results] == [
        (pytest.approx(0.75), Conclusion.NOT_MET), (pytest.approx(0.75), Conclusion.NOT_MET),
    ]  # fmt: skip
    assert {goal.verdict for goal in found.goal_results} == {Conclusion.MET}
    assert not found.is_fine
    data = found.as_dict()
    assert ([one["kept"] for one in data["busy"]], len(data["busy_shapes"])) == ([pytest.approx(0.75)] * 2, 2)
    kernels.show(found, Path("kept.json"))
    out = capsys.readouterr().out
    assert "With one core busy in bursts" in out
    assert "75 %" in out


def test_a_fault_in_one_run_is_a_fault() -> None:
    right = replace(shape_result(TIMES, runs=1), outcomes=shape_result(TIMES, runs=1).outcomes[:1])
    crashed = replace(right, outcomes=(replace(CRASH, entrant=right.outcomes[0].entrant),))
    late = replace(right, outcomes=(replace(right.outcomes[0], status=Status.UNSUPPORTED, samples=()),))
    for results, status, count in (
        ((right, right), Status.OK, 24),
        ((right, crashed), Status.CRASHED, 0),
        ((late, right), Status.OK, 12),
    ):
        (found,) = of_all_runs(result.in_run(run) for run, result in enumerate(results))
        assert (found.outcomes[0].status, len(found.outcomes[0].samples)) == (status, count)
        assert found.wall_s == pytest.approx(0.2)


def test_files_of_one_run_are_still_read() -> None:
    """Samples of formats before 2.0 have no number of their run."""
    found = shape_result(TIMES, runs=1)
    data = json.loads(json.dumps(found.as_dict()))
    for candidate in data["candidates"]:
        del candidate["samples"]["run"]
    assert ShapeResult.from_dict(data) == found


def test_a_folder_that_cannot_be_written_is_an_infrastructure_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError, match="cannot be written"):
        benchmark.require_place(tmp_path / "file")
