"""`convcost results`: runs are listed, damage is found and repaired, parts are merged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.store import journal, runs
from bench.store.remote import push
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


def test_a_run_elsewhere_is_named_by_its_uri(convcost: Run, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(run.parent / "cache"))
    place = (run.parent / "store").as_uri()
    uri = push(run, place)
    done = convcost("results", "show", uri, str(run))
    assert done.code == 0, done.err
    assert done.out.count("mine, begun") == 2
    assert convcost("results", "merge", uri, "--to", "both").code == 0
    for words, says in (
        (("show", place), f"{place} is not a run: it has no run.json; runs there: {run.name}"),
        (("repair", uri), "is a copy of a run elsewhere"),
        (("list", "--results", "s3://bucket/runs"), "allowed: a folder of this machine"),
    ):
        done = convcost("results", *words)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert says in done.err


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
