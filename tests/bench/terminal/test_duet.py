"""What a duet prints: one sentence, the largest change first, and both runs."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.compare.comparison import SideComparison
from bench.compare.duet.compared import compare_duet
from bench.compare.duet.sides import DuetSide
from bench.run.duet import DuetFolders
from bench.store import journal, runs
from bench.store.samples import to_columns
from bench.store.schema import Row, Sample
from bench.store.status import Status
from bench.terminal import duet
from bench.worker.interpreter import Interpreter
from tests.bench.report.opened import checked

SIDES = tuple(DuetSide(letter, f"env {letter}", Interpreter()) for letter in "AB")
PAIRS = 6


def made(folder: Path, letter: str, ratios: dict[str, float], *, wrong: tuple[str, ...] = (), **machine: Any) -> Path:
    """A run of one side: its rows take 1 ms times their ratio, with a scatter of 0.1 % between pairs."""
    rng = np.random.default_rng(len(letter) + ord(letter))
    run = runs.create(folder, letter, {"environment": {"host": "h", "threads": 1, **machine}, "wall_s": 120.0,
                                       "finished_utc": "2026-01-01T12:00:00Z"})  # fmt: skip
    for pair in range(PAIRS):
        rows, samples = [], {}
        for name, ratio in ratios.items():
            time_s = 1e-3 * ratio * math.exp(1e-3 * rng.normal())
            status = Status.WRONG if name in wrong else Status.OK
            reason = "off" if name in wrong else None
            shown = None if name in wrong else time_s
            rows.append(Row(case_key="k", descriptor="d", implementation=name, status=status, reason=reason,
                            time_s=shown))  # fmt: skip
            samples[name] = to_columns([Sample(process=pair, time_s=time_s)] * 3)
        journal.append(run, {"key": "k", "rows": [row.as_record() for row in rows], "samples": samples, "spent_s": 1.0})
    return run


def compared(folder: Path, b: dict[str, float], **of_b: Any) -> tuple[SideComparison, DuetFolders]:
    first, second = made(folder, "a", dict.fromkeys(b, 1.0), torch="2.13.0"), made(folder, "b", b, **of_b)
    return compare_duet(first, second), DuetFolders(first, second, (), ("new",), 120.0)


def printed(capsys: pytest.CaptureFixture[str], found: SideComparison, folders: DuetFolders) -> list[str]:
    duet.show(found, folders)
    return capsys.readouterr().out.splitlines()


def test_nothing_changed_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, folders = compared(tmp_path, {"x": 1.0, "y": 1.0}, torch="2.13.0")
    lines = printed(capsys, found, folders)
    assert lines[0] == "nothing changed: all 2 rows are the same within 2 %"
    assert lines[1:] == ["only B has new: not compared", f"kept: {folders.a} (A) and {folders.b} (B), 120 s"]
    assert found.outcome == "fine"


def test_changes_come_largest_first_under_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, folders = compared(tmp_path, {"x": 1.05, "y": 1.0, "z": 0.8}, torch="2.12.0")
    lines = printed(capsys, found, folders)
    assert lines[0] == "B against A, 3 rows: 1 slower, 1 faster, 1 the same within 2 %"
    assert lines[1] == "A and B differ in torch: 2.13.0 and 2.12.0"
    table = "\n".join(lines[2:])
    assert table.index("0.80") < table.index("1.05")
    assert "│ y " not in table
    assert found.outcome == "worse"


def test_a_row_that_is_wrong_in_b_is_named_whatever_its_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, folders = compared(tmp_path, {"x": 1.0, "y": 0.5}, torch="2.13.0", wrong=("y",))
    lines = printed(capsys, found, folders)
    assert lines[0].startswith("B against A, ")
    assert "1 no longer right" in lines[0]
    assert "y on k: ok in A, wrong in B (off)" in lines
    assert found.outcome == "worse"


def test_an_undecided_row_says_how_much_more_would_decide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, folders = compared(tmp_path, {"x": 1.0, "y": 1.0}, torch="2.13.0")
    # No change is as small as this for sure.
    found = compare_duet(folders.a, folders.b, 1e-5)
    assert found.outcome == "undecided"
    first = printed(capsys, found, folders)[0]
    assert first.startswith("B against A, 2 rows: 2 undecided; about ")
    assert first.endswith(" for a case would decide them")


def test_a_comparison_without_times_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, folders = compared(tmp_path, {"x": 1.0}, torch="2.13.0")
    assert printed(capsys, replace(found, quantities=()), folders)[0] == "nothing was timed on both sides"


def test_a_busy_machine_is_said_below_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, folders = compared(tmp_path, {"x": 1.0}, torch="2.13.0")
    line = printed(capsys, found, replace(folders, others=1.5))[1]
    assert line.startswith("The machine was busy: other programs used its processors, 1.5 of them on average. So pairs")


def test_the_page_of_a_duet_names_its_sides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, folders = compared(tmp_path, {"<b>x</b>": 1.05, "y": 1.0, "z": 0.8}, torch="2.12.0")
    file = tmp_path / "page.html"
    duet.show_page(found, folders, SIDES, 1, file)
    assert capsys.readouterr().err == f"page: {file}\n"
    text = checked(file)
    assert '<p class="conditions">A (env A) against B (env B)</p>' in text
    assert '<h2 id="use">Of 3 rows 1 slower and 1 faster.</h2>' in text
    assert "B against A, 3 rows: 1 slower, 1 faster, 1 the same within 2 %." in text
    assert "Only B has new: not compared." in text
    assert "A and B differ in torch: 2.13.0 and 2.12.0." in text
    assert '<th scope="col" class="r">A</th><th scope="col" class="r">B</th>' in text
    assert "exit code 1" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "beside what all rows share" not in text
