"""A session without a GPU: the limits of its steps, how steps end, and the files that it leaves."""

from __future__ import annotations

import importlib.util
import json
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bench import cli
from bench.borrowed_gpu import folder, session
from bench.borrowed_gpu.folder import pack
from bench.borrowed_gpu.session import ROOT, run_stage, run_step
from bench.borrowed_gpu.stages import STAGE_S, Step, stages
from bench.kernels.shapes import CUDA_CLASSES
from bench.machine import devices
from bench.predict.study import problems
from bench.sweep.duration import seconds

# Packages that are imported by another name.
IMPORTED_AS = {"nvidia-ml-py": "pynvml"}
# A command with JSON that loads no tensor library.
COUNT = ("count", "mb1ic3ih8oc4kh3", "--json")
ALL = [step for steps in stages(Path("work")).values() for step in steps]


def test_the_needed_libraries_are_the_dependencies_without_fvcore_and_with_triton() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[^\w-]", requirement)[0] for requirement in project["dependencies"]]
    imported = {IMPORTED_AS.get(name, name) for name in names}
    assert sorted(session._NEEDED) == sorted(imported - {"fvcore"} | {"triton"})


def test_stages_end_within_nine_minutes_and_the_session_within_thirty() -> None:
    assert all(sum(step.limit_s for step in steps) <= STAGE_S < 540 for steps in stages(Path("work")).values())
    assert sum(step.limit_s for step in ALL) < 30 * 60


def _duration_s(step: Step, option: str) -> float:
    return seconds(step.arguments[step.arguments.index(option) + 1])


@pytest.mark.parametrize(
    "step", [step for step in ALL if step.name not in ("doctor", "problems")], ids=lambda step: step.name
)
def test_a_hang_takes_at_most_half_of_its_step(step: Step) -> None:
    assert _duration_s(step, "--step-timeout") <= step.limit_s / 2


@pytest.mark.parametrize("step", [step for step in ALL if "--limit" in step.arguments], ids=lambda step: step.name)
def test_a_command_with_a_limit_ends_before_its_step_is_stopped(step: Step) -> None:
    assert step.limit_s / 2 < _duration_s(step, "--limit") < step.limit_s - 10


def test_validation_and_kernels_have_a_limit() -> None:
    assert {step.name.partition("-")[0] for step in ALL if "--limit" in step.arguments} == {"validation", "kernels"}


def test_every_class_of_shapes_is_measured_once() -> None:
    names = [step.name for step in ALL]
    assert sorted(n.removeprefix("kernels-") for n in names if n.startswith("kernels-")) == sorted(CUDA_CLASSES)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("step", [step for step in ALL if step.module == "bench.cli"], ids=lambda step: step.name)
def test_commands_are_valid(
    step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a GPU each command is refused for the missing GPU, not for its arguments."""
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))
    monkeypatch.chdir(tmp_path)
    problems.write(Path("work") / "study")
    monkeypatch.setattr(sys, "argv", ["convcost", *step.arguments, *(["--dry-run"] if step.name == "study" else [])])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    refused = (2, "convcost: device 'cuda' does not exist here; allowed on this machine: cpu\n")
    assert (ended.value.code or 0, capsys.readouterr().err) in ((0, ""), refused)


@pytest.mark.slow
def test_a_successful_step_is_not_run_again(tmp_path: Path) -> None:
    step, states = Step("impls", ("impls", "--json"), 60.0), []  # type: ignore[var-annotated]
    run_stage([step], tmp_path, states)
    assert [(s["exit_code"], s["well"]) for s in states] == [(0, True)]
    assert json.loads((tmp_path / "impls.json").read_text())
    (tmp_path / "impls.json").unlink()
    run_stage([step], tmp_path, states)
    assert not (tmp_path / "impls.json").exists()


@pytest.mark.slow
def test_a_step_is_stopped_at_its_limit_and_leaves_no_result(tmp_path: Path) -> None:
    state = run_step(Step("measure", ("measure", "mb1ic64ih56oc64kh3ph1", "--max-seconds", "600"), 1.0), tmp_path, 1.0)
    assert state["exit_code"] is None
    assert not (tmp_path / "measure.json").exists()


def test_the_folder_holds_finished_parts_and_missing_ones_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, out = tmp_path / "work", tmp_path / "out"
    run = work / "runs" / "one"
    run.mkdir(parents=True)
    for file, content in (
        (work / "doctor.json", "{}"), (work / "kernels-a.json", '{"k": 1}'), (work / "kernels-b.json", '{"k": 2}'),
        (work / "validation.json", "cut o"), (run / "run.json", "{}"), (run / "journal.jsonl", "x" * 100),
    ):  # fmt: skip
        file.write_text(content)
    complaints = pack(work, out, [{"step": "doctor", "exit_code": 0}])
    assert sorted(f.name for f in out.iterdir()) == ["journal.jsonl", "kernels.json", "run.json", "visit.json"]
    assert [c.split()[0] for c in complaints] == ["validation.json", "qualification.json"]
    assert json.loads((out / "kernels.json").read_text()) == [{"k": 1}, {"k": 2}]
    monkeypatch.setattr(folder, "MOST_BYTES", 99)
    assert any("journal.jsonl has 100 bytes; allowed: 99" in c for c in pack(work, out, []))


@pytest.mark.slow
def test_the_script_runs_by_path_from_any_folder(tmp_path: Path) -> None:
    script = str(ROOT / "bench" / "borrowed_gpu" / "session.py")
    done = subprocess.run([sys.executable, script, "never"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "invalid choice: 'never' (choose from" in done.stderr


def test_without_a_gpu_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(devices, "driver_error", lambda: "Driver Not Loaded")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    words = ["all", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
    assert session.main(words) == 2
    assert capsys.readouterr().err == "session: no GPU works here: Driver Not Loaded\n"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in ("triton", "rich") else name)
    assert session.main(words) == 2
    assert (
        f"{sys.executable} has no triton, rich; install them, or use a Python that has them" in capsys.readouterr().err
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
@pytest.mark.slow
def test_a_failed_step_is_reported_and_the_others_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = (
        Step("doctor", COUNT, 60.0),
        Step("validation", ("validate", "--device", "tpu"), 60.0),
        Step("qualification", COUNT, 60.0),
    )
    monkeypatch.setattr(session, "why_not", lambda: None)
    monkeypatch.setattr(session, "stages", lambda work: {"prove": steps, "trust": ()})
    work, out = tmp_path / "work", tmp_path / "out"
    words = ["all", "--work", str(work), "--out", str(out)]
    assert session.main(words) == 1
    first, second, third, *complaints, place = capsys.readouterr().out.splitlines()
    assert first.startswith("doctor: exit code 0 after ")
    assert second.startswith("validation: exit code 2 after ")
    assert second.endswith("; last output: convcost: device 'tpu' does not exist here; allowed on this machine: cpu")
    assert third.startswith("qualification: exit code 0 after ")
    assert [c.split()[0] for c in complaints] == ["validation.json", "kernels.json", "run.json", "journal.jsonl"]
    assert place == f"results: {out}"
    assert sorted(f.name for f in out.iterdir()) == ["qualification.json", "visit.json"]
    kept = json.loads((out / "visit.json").read_text())["steps"]
    assert [(s["step"], s["exit_code"], s["well"]) for s in kept] == [
        ("doctor", 0, True), ("validation", 2, False), ("qualification", 0, True),
    ]  # fmt: skip
    # A damaged file of states does not stop the next session.
    (work / "states.json").write_text("[{")
    (out / "validation.json").write_text("of an earlier session")
    assert session.main(words) == 1
    assert not (out / "validation.json").exists()


@pytest.mark.slow
def test_an_interrupted_session_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen):  # type: ignore[type-arg]
        def wait(self, timeout: float | None = None) -> int:
            if self not in started:
                started.append(self)
                raise KeyboardInterrupt
            return super().wait(timeout)

    monkeypatch.setattr(session.subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_step(Step("measure", ("measure", "mb1ic64ih56oc64kh3ph1", "--max-seconds", "600"), 60.0), tmp_path, 60.0)
    assert [process.returncode for process in started] == [-signal.SIGKILL]


@pytest.mark.slow
def test_a_step_with_wrong_arguments_has_failed(tmp_path: Path) -> None:
    state = run_step(Step("nothing", ("impls", "--no-such-option"), 60.0), tmp_path, 60.0)
    assert (state["well"], state["exit_code"]) == (False, 2)
    assert not (tmp_path / "nothing.json").exists()


def test_the_problems_of_the_study_are_written_before_they_are_measured(tmp_path: Path) -> None:
    write, study = stages(tmp_path)["study"]
    assert run_step(write, tmp_path, write.limit_s)["well"]
    assert Path(study.arguments[1]).is_file()


def test_a_stopped_sweep_is_resumed(tmp_path: Path) -> None:
    def sweep() -> Step:
        return next(step for step in stages(tmp_path)["study"] if step.name == "study")

    assert sweep().arguments[:2] == ("sweep", str(tmp_path / "study" / "equal-flops.toml"))
    run = tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    assert sweep().arguments[:3] == ("sweep", "--resume", str(run))


def test_invalid_json_is_not_packed(tmp_path: Path) -> None:
    (tmp_path / "validation.json").write_text('{"error": NaN}')
    assert any(c.startswith("validation.json") for c in pack(tmp_path, tmp_path / "out", []))
