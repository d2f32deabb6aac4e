"""The progress bar of a sweep, and the counts that it keeps."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.errors import Interrupted
from bench.run.events import EnergyStarted, RunStarted, VisitEnded
from bench.store import journal
from bench.store.schema import Row
from bench.store.status import Status
from bench.terminal.progress import SweepProgress

FIRST: Any = "first case"
SECOND: Any = "second case"


def row(name: str, status: Status, time_s: float | None = None) -> Row:
    return Row(implementation=name, descriptor="mb1", status=status, reason="no reason", time_s=time_s, threads=2)


def test_counts_are_those_of_the_last_visits() -> None:
    with SweepProgress(cases=2, rounds=2) as bar:
        bar(VisitEnded(FIRST, [row("a", Status.FAILED), row("b", Status.OK)], 1))
        assert not bar.is_fine
        bar(VisitEnded(SECOND, [row("a", Status.UNSUPPORTED)], 1))
        bar(EnergyStarted(FIRST, 1, 2))
        bar(VisitEnded(FIRST, [row("a", Status.OK), row("b", Status.OK)], 2))
    assert bar.counts == {"ok": 2, "unsupported": 1}
    assert bar.is_fine
    assert bar.after_the_rounds is None


def test_each_fault_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with SweepProgress(cases=1, rounds=3) as bar:
        for number in (1, 2, 3):
            bar(VisitEnded(FIRST, [row("a", Status.WRONG)], number))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("wrong: a on mb1: no reason\n") == 1


def test_visits_after_the_rounds_are_counted_by_case() -> None:
    with SweepProgress(cases=3, rounds=1) as bar:
        for case in (FIRST, SECOND, FIRST):
            bar(VisitEnded(case, [row("a", Status.OK)], None))
    assert bar.after_the_rounds is not None
    assert "2 of 3 cases" in bar.after_the_rounds


def test_a_sweep_goes_on_where_standard_error_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Closed())
    with SweepProgress(cases=1, rounds=2) as bar:
        bar(VisitEnded(FIRST, [row("a", Status.WRONG)], 1))
        bar(VisitEnded(FIRST, [row("a", Status.OK)], 2))
    assert bar.is_fine


def test_a_pipe_gets_a_line_for_each_visit(capsys: pytest.CaptureFixture[str]) -> None:
    with SweepProgress(cases=2, rounds=1) as lines:
        lines(RunStarted(Path("results/run")))
        lines(VisitEnded(FIRST, [row("a", Status.OK, 2e-3), row("b", Status.OK, 1e-3)], 1, {}, 4.0))
        lines(VisitEnded(SECOND, [row("a", Status.UNSUPPORTED)], 1, {}, 4.0))
        lines(EnergyStarted(FIRST, 1, 1))
        lines(VisitEnded(FIRST, [row("a", Status.OK, 2e-3)], None, {}, 1.0))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "round 1 of 1, visit 1 of 2: mb1, fp32, nchw, 2 threads: b 1.000 ms, undecided: too few samples",
        "round 1 of 1, visit 2 of 2: mb1, fp32, nchw, 2 threads: nothing timed",
        "energy: case 1 of 1",
        "after the rounds: 1 of 2 cases visited again: mb1, fp32, nchw, 2 threads: a 2.000 ms",
    ]


def test_visits_of_an_earlier_session_have_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    with SweepProgress(cases=2, rounds=1) as lines:
        lines(VisitEnded(FIRST, [row("a", Status.OK, 2e-3)], 1))
        lines(VisitEnded(SECOND, [row("a", Status.OK, 2e-3)], 1, {}, 4.0))
    assert capsys.readouterr().err.splitlines() == [
        "round 1 of 1, visit 2 of 2: mb1, fp32, nchw, 2 threads: a 2.000 ms"
    ]


@pytest.mark.parametrize(
    ("folder", "reports", "resumed", "command"),
    [
        ("elsewhere/run", None, None, "convcost sweep --resume {here}/elsewhere/run"),
        ("my results/run", None, None, "convcost sweep --resume '{here}/my results/run'"),
        ("results/run", "pages", None, "convcost sweep --resume {here}/results/run --reports {here}/pages"),
        ("far/results/run", "far/reports", None, "convcost sweep --resume {here}/far/results/run"),
        # Interrupted while the workers of a resumed run start.
        (None, None, "results/run", "convcost sweep --resume {here}/results/run"),
    ],
)
def test_ctrl_c_tells_the_command_that_goes_on_from_any_folder(
    folder: str | None, reports: str | None, resumed: str | None, command: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    progress = SweepProgress(1, 1, Path(reports or "reports"), None if resumed is None else Path(resumed))
    kept = Path(folder or resumed or "")
    kept.mkdir(parents=True)
    (kept / journal.FILE_NAME).touch()
    steps = [] if folder is None else [RunStarted(Path(folder))]
    advice = _interrupted(progress, *steps)
    assert advice == f"its finished visits are kept; to go on:\n{command.format(here=tmp_path)}"


def test_ctrl_c_before_the_run_has_a_folder_says_so() -> None:
    assert _interrupted(SweepProgress(1, 1)) == "nothing was measured yet, and no run folder was left"


def test_ctrl_c_before_a_visit_has_ended_names_the_folder_that_is_left(tmp_path: Path) -> None:
    advice = _interrupted(SweepProgress(1, 1), RunStarted(tmp_path))
    assert advice == (
        f"nothing was measured yet; the run's folder was left; to go on:\nconvcost sweep --resume {tmp_path}"
    )


def _interrupted(progress: SweepProgress, *steps: RunStarted) -> str:
    """The advice of Ctrl-C after some steps."""
    error = Interrupted()
    try:
        with progress:
            for step in steps:
                progress(step)
            raise error
    except Interrupted:
        return error.advice


def test_a_line_names_the_content_and_the_settings_of_a_case(capsys: pytest.CaptureFixture[str]) -> None:
    timed = replace(row("a", Status.OK, 1e-3), data="zeros", governor="powersave")
    with SweepProgress(cases=1, rounds=1) as bar:
        bar(VisitEnded(FIRST, [timed], 1, {}, 1.0))
    assert ", 2 threads, zeros, governor powersave: " in capsys.readouterr().err
