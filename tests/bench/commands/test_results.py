"""`convcost results`: runs are listed, damage is found and repaired, parts are merged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.store import journal, runs
from tests.bench.commands.conftest import Run


@pytest.fixture
def run(here: Path) -> Path:
    folder = runs.create(here / "results", "mine", {"name": "mine", "environment": {"host": "here"}})
    for key in "xyz":
        journal.append(folder, {"key": key, "rows": [], "samples": {}, "spent_s": 1.0, "visit": 1})
    runs.finish(folder, {})
    return folder


def test_damage_is_found_and_repaired(convcost: Run, run: Path) -> None:
    assert convcost("results", "check", str(run)).code == 0
    file = run / journal.FILE_NAME
    file.write_bytes(file.read_bytes().replace(b'"key":"y"', b'"key":"w"'))
    done = convcost("results", "check", str(run))
    assert done.code == 3
    assert "line 2 is damaged: its checksum does not match" in " ".join(done.out.split())
    done = convcost("results", "repair", str(run))
    assert done.code == 0, done.err
    assert "2 records kept, 1 line set aside" in done.out
    assert f"convcost sweep --resume {run}" in done.out
    assert convcost("results", "check", str(run)).code == 0


def test_runs_are_listed_and_merged(convcost: Run, run: Path) -> None:
    done = convcost("results", "merge", str(run), "--to", "both")
    assert "3 cases, 3 records (3 new)" in done.out
    done = convcost("results", "list")
    assert "finished" in done.out
    assert "3 cases" in done.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lst"], "there is no action 'lst', did you mean list"),
        (["repair"], "repair needs the folders of runs"),
        (["merge", "x"], "merge needs a folder for the merged run; add --to"),
        (["list", "--to", "x"], "only merge makes a folder; leave out --to"),
    ],
)
def test_words_that_are_wrong_are_explained(convcost: Run, run: Path, words: list[str], says: str) -> None:
    done = convcost("results", *words)
    assert done.code == 2
    assert says.split(",")[0] in done.err
