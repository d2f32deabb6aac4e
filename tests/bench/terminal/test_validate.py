"""The tables of `convcost validate`."""

from __future__ import annotations

from typing import Any

import pytest

from bench.run.validate import Validation
from bench.store.schema import Row
from bench.store.status import Status
from bench.terminal.validate import show
from impls import Case, ConvProblem


def row(name: str, status: Status, **more: Any) -> Row:
    places = {"descriptor": "mb1", "device": "cpu", "precision": "fp32", "layout": "nchw"}
    return Row(implementation=name, status=status, **{**places, **more})


RIGHT = row("direct", Status.OK, error_rms=1e-7, error_share=0.25)
BETTER = row("direct", Status.OK, error_rms=1e-8, error_share=0.5)
WRONG = row("fft", Status.WRONG, reason="error 3 times its bound")
NOT_THERE = row("cudnn", Status.UNSUPPORTED, reason="needs cuda")
PARTLY = row("direct", Status.UNSUPPORTED, reason="no groups")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_a_line_has_counts_and_largest_errors(capsys: pytest.CaptureFixture[str]) -> None:
    show(Validation((RIGHT, BETTER, PARTLY)), verbose=False)
    out = capsys.readouterr().out
    (line,) = (cells(line) for line in out.splitlines() if line.startswith("│ direct"))
    assert line == ["direct", "cpu", "fp32", "nchw", "2", "0", "1", "1.00e-07", "0.50"]
    assert "Not right" not in out
    assert "crashed" not in out
    assert out.endswith("2 right, 0 wrong, 1 unsupported\n")


def test_every_kind_of_fault_has_its_column_and_its_word(capsys: pytest.CaptureFixture[str]) -> None:
    crashed, failed, late = (row("direct", status) for status in (Status.CRASHED, Status.FAILED, Status.TIMEOUT))
    found = Validation((RIGHT, crashed, crashed, failed, late, PARTLY))
    show(found, verbose=False)
    out = capsys.readouterr().out
    header = next(cells(line) for line in out.splitlines() if "implementation" in line)
    assert [cell.strip() for cell in header[0].strip("┃").split("┃")][4:10] == [
        "right", "wrong", "failed", "crashed", "timed out", "unsupported",
    ]  # fmt: skip
    (line,) = (cells(line) for line in out.partition("Not right")[0].splitlines() if line.startswith("│ direct"))
    assert line[4:10] == ["1", "0", "1", "2", "1", "1"]
    assert "crashed: its process ended; timed out: a step took longer than --step-timeout" in out
    assert out.endswith("1 right, 0 wrong, 1 failed, 2 crashed, 1 timed out, 1 unsupported\n")
    assert found.as_dict()["counts"] == {
        "ok": 1, "wrong": 0, "unsupported": 1, "failed": 1, "crashed": 2, "timeout": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("verbose", "title", "lines"), [(False, "Not right", ["fft"]), (True, "Every result", None)])
def test_wrong_or_all_results_have_lines(
    capsys: pytest.CaptureFixture[str], verbose: bool, title: str, lines: list[str] | None
) -> None:
    show(Validation((RIGHT, WRONG)), verbose=verbose)
    table = capsys.readouterr().out.partition(f"{title}\n")[2]
    found = [cells(line) for line in table.splitlines() if line.startswith("│")]
    assert [line[0] for line in found] == (lines or ["direct", "fft"])
    assert found[-1] == ["fft", "mb1", "fp32", "nchw", "wrong", "–", "error 3 times its bound"]


def test_an_implementation_without_support_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = row("cudnn", Status.UNSUPPORTED, reason="needs cuda", layout="nhwc")
    show(Validation((RIGHT, NOT_THERE, elsewhere)), verbose=False)
    out = capsys.readouterr().out
    assert "cudnn supports none of cpu fp32 nchw, cpu fp32 nhwc: needs cuda\n" in out
    assert "│ cudnn" not in out


def test_cases_that_were_left_out_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    show(Validation((), (Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1")),)), verbose=False)
    assert capsys.readouterr().out.endswith("; stopped by --limit: 1 case left out\n")
