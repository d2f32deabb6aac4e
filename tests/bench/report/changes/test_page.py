"""The page of a comparison: one file without script, its answer first, names as text, and any comparison has one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.compare.comparison import ComparisonTerms, SideComparison, compare_folders
from bench.compare.quantities import MEMORY
from bench.compare.verdicts import ChangeVerdict
from bench.errors import InfrastructureError
from bench.report.changes import answer, page, tables
from bench.report.changes.told import ToldChanges
from bench.report.document.blocks import Section
from bench.store.status import Status
from tests.bench.compare.made_runs import CASES, ENVIRONMENT, NAMES, slower, write_run
from tests.bench.report.opened import checked

EVIL = '<script>alert("x")</script>'


def compared(old: Path, new: Path, *across: str) -> SideComparison:
    return compare_folders([old], [new], ComparisonTerms(across=across))


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> SideComparison:
    """A row that is slower, one that is wrong, and another torch."""
    folder = tmp_path_factory.mktemp("runs")
    new = write_run(folder, 2, factor=slower("direct", 1.3, CASES[0]), statuses={(CASES[1], "fft"): Status.WRONG},
                    environment=ENVIRONMENT | {"torch": "2.14.0"})  # fmt: skip
    return compared(write_run(folder, 1), new, "torch")


def _section(found: SideComparison, anchor: str) -> Section:
    return next(part for part in tables.sections(found, ToldChanges.of_runs(found, 0)) if part.anchor == anchor)


def _blocks(found: SideComparison, anchor: str) -> tuple[Any, ...]:
    return _section(found, anchor).blocks


def test_the_page_is_one_file_with_its_answer_first(regression: SideComparison, tmp_path: Path) -> None:
    written = page.write(regression, ToldChanges.of_runs(regression, 1), tmp_path / "made" / "page.html")
    text = checked(written)
    heading = "Across torch: 1 row is no longer right; all rows together 0.0 %, undecided; of 41 rows 1 slower."
    assert f'<h2 id="use">{heading}</h2>' in text
    assert text.index(heading) < text.index("exit code 1") < text.index("<img") < text.index("<table>")
    titles = re.findall(r"<section id=.*?>\s*<h2>(.*?)</h2>", text)
    assert titles == ["Results that changed", "Time", "Plan time", "Peak memory", "Error", "What was compared",
                      "How it was judged"]  # fmt: skip
    assert "torch differs: 2.13.0 → 2.14.0, which was allowed." in text


def test_the_picture_has_the_largest_change_on_top(regression: SideComparison) -> None:
    first = answer.first_screen(regression, ToldChanges.of_runs(regression, 1))
    assert first.picture is not None
    data = first.picture.wide.drawing.data
    assert data is not None
    drawn: tuple[Any, ...] = data.rows
    together, *rows = drawn
    assert together[0] == "all rows together"
    assert (rows[0][:2], rows[0][-1]) == (("direct", CASES[0]), "slower")
    assert 1.25 < rows[0][3] < rows[0][2] < rows[0][4] < 1.35
    sizes = [max(row[2], 1 / row[2]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert together[-1] == "undecided"
    assert len(rows) == 24
    assert "17 other rows are in the table below." in first.picture.caption


def test_tables_have_every_row_and_the_verdict_in_its_colour(regression: SideComparison) -> None:
    implementations, opened, folded = _blocks(regression, "time-cpu")
    assert len(opened.rows) + len(folded.blocks[0].rows) == 41
    assert [cell.text for cell in opened.rows[0][:2]] == [CASES[0], "direct"]
    assert (opened.rows[0][6].text, opened.rows[0][6].look) == ("slower", "bad")
    assert {row[0].text for row in implementations.rows} == set(NAMES)
    memory = _section(regression, "memory-cpu")
    assert memory.answers == ("41 rows: 41 not tested.",)
    assert memory.blocks[0].kind == "details"
    (results,) = _blocks(regression, "results")
    assert [cell.text for cell in results.rows[0]] == [f"fft on {CASES[1]}", "ok", "wrong", "a reason"]


def test_nothing_changed_is_the_answer(tmp_path: Path) -> None:
    found = compared(write_run(tmp_path, 1), write_run(tmp_path, 2))
    said = r"All rows together [−+\d.]+ % \(.* to .*\), the same; nothing changed in any of 42 rows\."
    assert re.fullmatch(said, answer.headline(found))
    assert "exit code 0" in checked(page.write(found, ToldChanges.of_runs(found, 0), tmp_path / "p.html"))


def test_undecided_is_said_with_the_option_that_asks(tmp_path: Path) -> None:
    found = compared(write_run(tmp_path, 1, scatter=0.03), write_run(tmp_path, 2, scatter=0.03))
    text = checked(page.write(found, ToldChanges.of_runs(found, 4), tmp_path / "p.html"))
    assert re.search(r"no row is found to have changed, and \d+ of 42 rows undecided", text)
    assert "exit code 4" in text
    assert "something is undecided: 4 with --require-decision" in text


def test_one_row_has_a_page(tmp_path: Path) -> None:
    only = {(CASES[0], name): Status.CRASHED for name in NAMES if name != "direct"}
    runs = [write_run(tmp_path, seed, cases=CASES[:1], statuses=only) for seed in (1, 2)]
    found = compared(runs[0], runs[1])
    assert [len(changes.rows) for changes in found.quantities] == [1, 1, 1, 1]
    assert answer.headline(found) in {
        "No row is found to have changed, and 1 of 1 row undecided.", "Nothing changed in the only row."
    }  # fmt: skip
    text = checked(page.write(found, ToldChanges.of_runs(found, 0), tmp_path / "p.html"))
    assert "too few rows to share anything" in text


def test_no_rows_with_a_time_is_said(tmp_path: Path) -> None:
    found = compared(write_run(tmp_path, 1), write_run(tmp_path, 2, every=Status.CRASHED))
    text = checked(page.write(found, ToldChanges.of_runs(found, 1), tmp_path / "p.html"))
    assert answer.headline(found) == "42 rows are no longer right; no row has a time on both sides."
    assert "<img" not in text
    assert "2 more</summary>" in text


def test_names_are_text(tmp_path: Path) -> None:
    cases = tuple(f"{EVIL}{case}" for case in CASES)
    runs = [write_run(tmp_path / EVIL.replace("/", "_"), seed, cases=cases[: 7 - seed], host=EVIL,
                      environment=ENVIRONMENT | {"host": "x", "torch": EVIL * seed}) for seed in (1, 2)]  # fmt: skip
    found = compared(runs[0], runs[1], "torch")
    text = checked(page.write(found, ToldChanges.of_runs(found, 1), tmp_path / "p.html"))
    assert text.count("&lt;script&gt;") > len(cases)


def test_many_rows_are_cut_and_it_is_said(regression: SideComparison) -> None:
    (time, *_) = regression.quantities
    rows = tuple(replace(row, case_key=f"{n}|{row.case_key}", verdict=ChangeVerdict.SAME)
                 for n in range(50) for row in time.rows)  # fmt: skip
    many = replace(regression, quantities=(replace(time, rows=rows),))
    blocks = _blocks(many, "time-cpu")
    assert len(blocks[1].rows) + len(blocks[2].blocks[0].rows) == 1000
    assert blocks[3].text == f"{len(rows) - 1000:,} smaller changes not shown; --json has every row."


def test_a_tested_quantity_beside_time_has_a_picture(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, 1), write_run(tmp_path, 2, columns={"peak_bytes": 2 * 10**6})]
    found = compare_folders(runs[:1], runs[1:], ComparisonTerms(gate=(MEMORY,)))
    (gallery, *_) = _blocks(found, "memory-cpu")
    assert gallery.images[0].drawing.title == "Change of peak memory on cpu"


def test_a_file_that_cannot_be_written_is_infrastructure(regression: SideComparison, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InfrastructureError, match="cannot be written"):
        page.write(regression, ToldChanges.of_runs(regression, 1), tmp_path / "file" / "page.html")
