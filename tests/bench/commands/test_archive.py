"""`convcost archive`: one line on the copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.commands.archive import archive
from bench.store import journal, runs


def test_the_line_names_the_size_and_the_next_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = runs.create(tmp_path / "results", "mine", {})
    journal.append(run, {"key": "k", "rows": [], "samples": {}})
    kept = tmp_path / "kept"
    archive(run, kept)
    line = capsys.readouterr().out
    assert line.startswith(f"{kept}: 1 record, ")
    assert line.endswith(f" B; to render it: convcost report {kept}\n")
    assert " B in place of " in line
