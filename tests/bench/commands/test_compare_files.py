"""`convcost compare` of files of other programs."""

from __future__ import annotations

from pathlib import Path

from tests.bench.commands.running import Run
from tests.bench.compare.test_foreign_runs import pyperf
from tests.bench.report.opened import checked


def test_the_command_takes_files(convcost: Run, here: Path) -> None:
    pyperf(here / "old.json", 3), pyperf(here / "new.json", 4, bench07=1.5)
    done = convcost("compare", "old.json", "new.json", "--page", "page.html")
    assert done.code == 1, done.err
    assert "bench07" in done.out
    assert "pyperf" in done.out
    text = checked(here / "page.html")
    assert "old.json against new.json" in text
    assert "bench07" in text
