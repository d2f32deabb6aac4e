"""The progress bar of a sweep, and the counts that it keeps."""

from __future__ import annotations

import io
from typing import Any

import pytest

from bench.run.events import EnergyStarted, VisitEnded
from bench.store.schema import Row
from bench.store.status import Flag, Status
from bench.terminal.progress import SweepProgress

FIRST: Any = "first case"
SECOND: Any = "second case"


def row(name: str, status: Status, *flags: Flag) -> Row:
    return Row(implementation=name, descriptor="mb1", status=status, reason="no reason", flags=flags)


def test_counts_are_those_of_the_last_visits() -> None:
    with SweepProgress(cases=2, rounds=2) as bar:
        bar(VisitEnded(FIRST, [row("a", Status.FAILED), row("b", Status.OK, Flag.NOISY)], 1))
        assert not bar.is_fine
        assert bar.noisy == 1
        bar(VisitEnded(SECOND, [row("a", Status.UNSUPPORTED)], 1))
        bar(EnergyStarted(FIRST, 1, 2))
        bar(VisitEnded(FIRST, [row("a", Status.OK), row("b", Status.OK)], 2))
    assert bar.counts == {"ok": 2, "unsupported": 1}
    assert bar.is_fine
    assert bar.noisy == 0
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
