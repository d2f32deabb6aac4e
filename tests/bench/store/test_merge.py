"""Merging: like machines, whole cases, each line once, in any order and any number of times."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.store import journal, runs
from bench.store.merge import merge


def _run(results: Path, *keys: str, cpu: str = "fast", host: str = "here", is_finished: bool = True) -> Path:
    folder = runs.create(results, "part", {"environment": {"cpu": cpu, "host": host}, "wall_s": 2.0})
    for key in keys:
        for visit in (1, 2):
            journal.append(folder, {"key": key, "rows": [], "samples": {}, "spent_s": 1.0, "visit": visit})
    if is_finished:
        runs.finish(folder, {})
    return folder


def test_merging_again_changes_nothing(tmp_path: Path) -> None:
    a, b = _run(tmp_path, "x", "y"), _run(tmp_path, "z", host="there")
    both = merge([b, a], tmp_path / "both")
    assert (both.cases, both.records, both.added, both.is_finished) == (3, 6, 6, True)
    before = (both.folder / journal.FILE_NAME).read_bytes()
    again = merge([a, b, both.folder], both.folder)
    assert (again.records, again.added) == (6, 0)
    assert (both.folder / journal.FILE_NAME).read_bytes() == before
    # Runs that began in the same second stand in any order.
    assert sorted(r["key"] for r in journal.read(both.folder)) == ["x", "x", "y", "y", "z", "z"]
    meta = runs.read_meta(both.folder)
    assert (sorted(one["host"] for one in meta["merged_from"]), meta["wall_s"]) == (["here", "there"], 4.0)
    assert meta["environment"]["host"] == "here, there"


def test_merged_runs_are_merged(tmp_path: Path) -> None:
    a, b, c = (_run(tmp_path, key, host=f"host-{key}") for key in "xyz")
    one, other = merge([a, b], tmp_path / "one"), merge([b, c], tmp_path / "other")
    every = merge([one.folder, other.folder, a], tmp_path / "every")
    assert (every.cases, every.records, every.is_finished) == (3, 6, True)
    meta = runs.read_meta(every.folder)
    assert sorted(origin["host"] for origin in meta["merged_from"]) == ["host-x", "host-y", "host-z"]


def test_a_run_is_merged_into_a_merged_one(tmp_path: Path) -> None:
    begun = _run(tmp_path, "x", is_finished=False)
    first = merge([begun], tmp_path / "all")
    assert not first.is_finished
    journal.append(begun, {"key": "x", "rows": [], "samples": {}, "spent_s": 1.0, "visit": 3})
    runs.finish(begun, {})
    second = merge([begun, _run(tmp_path, "y")], tmp_path / "all")
    assert (second.records, second.added, second.is_finished) == (5, 3, True)


def test_unlike_machines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"cpu is '(fast|slow)' in .* and '(fast|slow)' in .*: rows of unlike machines cannot be in"
    ):
        merge([_run(tmp_path, "x"), _run(tmp_path, "y", cpu="slow")], tmp_path / "both")
    assert not (tmp_path / "both").exists()


def test_a_case_comes_whole_from_one_run(tmp_path: Path) -> None:
    a, b = _run(tmp_path, "x"), _run(tmp_path, is_finished=False)
    journal.append(b, {"key": "x", "rows": [], "samples": {}, "spent_s": 9.0, "visit": 1})
    with pytest.raises(UsageError, match=r"x was measured in .* and in .*: a case must come whole from one run"):
        merge([a, b], tmp_path / "both")


def test_another_run_is_not_overwritten(tmp_path: Path) -> None:
    a = _run(tmp_path, "x")
    with pytest.raises(UsageError, match="exists and is no merged run; give a new folder with --to"):
        merge([a], a)
