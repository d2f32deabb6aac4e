"""`convcost export`: one line on what was written, and one sentence for what was not."""

from __future__ import annotations

from pathlib import Path

from tests.bench.commands.running import Run
from tests.bench.store.export.made_run import make_run


def test_the_line_counts_rows_and_says_what_is_left_out(convcost: Run, here: Path) -> None:
    run = make_run(here / "results")
    done = convcost("export", str(run), "--to", "benchdnn", "--output", "lines.txt")
    assert (done.code, done.err) == (0, "")
    assert done.out == ("lines.txt: 3 rows; 1 more have no time; 1 more have a precision that benchdnn does not name\n")
    assert len((here / "lines.txt").read_text().splitlines()) == 4


def test_tables_are_the_default(convcost: Run, here: Path) -> None:
    run = make_run(here / "results")
    assert convcost("export", str(run)).out == f"{run.name}-csv: 5 rows\n"


def test_a_format_that_is_not_there_is_a_usage_error(convcost: Run, here: Path) -> None:
    done = convcost("export", str(make_run(here / "results")), "--to", "xml")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("convcost: --to is 'xml'; allowed: csv, json,")
