"""Copies of finished runs in file systems of pyarrow: local ones, and one in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow.fs import FileSelector, SubTreeFileSystem, _MockFileSystem

from bench.errors import InfrastructureError, UsageError
from bench.store import journal, remote, runs

RECORD = {"key": "k", "rows": [], "samples": {}, "spent_s": 1.0}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = runs.create(tmp_path / "results", "made", {"environment": {"host": "a"}})
    journal.append(folder, RECORD)
    runs.write_meta(folder, {**runs.read_meta(folder), "finished_utc": "2026-01-01T00:00:00Z"})
    return folder


def test_a_run_comes_back_as_it_was(run: Path, tmp_path: Path) -> None:
    place = (tmp_path / "store").as_uri()
    uri = remote.push(run, place)
    assert uri == f"{place}/{run.name}"
    assert remote.listed(place) == [uri]
    back = remote.pull(uri, tmp_path / "back")
    assert {file.name: file.read_bytes() for file in back.iterdir()} == {
        file.name: file.read_bytes() for file in run.iterdir()
    }
    assert journal.read(back) == [RECORD]


def test_pushed_twice_is_pushed_once(run: Path, tmp_path: Path) -> None:
    place = (tmp_path / "store").as_uri()
    assert remote.push(run, place) == remote.push(run, place)
    (tmp_path / "store" / run.name / runs.META_NAME).write_text("{}")
    with pytest.raises(InfrastructureError, match=f"another run of the name {run.name}"):
        remote.push(run, place)


def test_a_file_system_in_memory(run: Path) -> None:
    store = _MockFileSystem()
    remote.push(run, "mock:///bucket/runs", SubTreeFileSystem("", store))
    names = {info.base_name for info in store.get_file_info(FileSelector(f"bucket/runs/{run.name}"))}
    assert names == {"run.json", journal.FILE_NAME}


def test_a_link_in_a_run_is_not_followed(run: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    (run / "more.json").symlink_to(secret)
    uri = remote.push(run, (tmp_path / "store").as_uri())
    assert "more.json" not in {file.name for file in remote.pull(uri, tmp_path / "back").iterdir()}


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("results/x", "names no place for runs; allowed: s3://BUCKET/FOLDER"),
        ("ftp://x/y", "'ftp://x/y' names no place for runs"),
        ("file://relative", "names no place for runs"),
    ],
)
def test_places_that_are_none(run: Path, uri: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        remote.push(run, uri)


def test_only_finished_runs_are_copied(run: Path, tmp_path: Path) -> None:
    meta = {name: value for name, value in runs.read_meta(run).items() if name != "finished_utc"}
    runs.write_meta(run, meta)
    with pytest.raises(UsageError, match="is not finished; to finish it: convcost sweep --resume"):
        remote.push(run, tmp_path.as_uri())


def test_a_place_without_a_run_names_those_that_it_has(run: Path, tmp_path: Path) -> None:
    place = (tmp_path / "store").as_uri()
    remote.push(run, place)
    with pytest.raises(UsageError, match=f"is not a run: it has no run.json; runs there: {run.name}"):
        remote.pull(place, tmp_path / "back")
    (tmp_path / "back" / run.name).mkdir(parents=True)
    with pytest.raises(UsageError, match="exists; give another folder"):
        remote.pull(f"{place}/{run.name}", tmp_path / "back")


def test_a_place_that_cannot_be_written(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError, match="does not answer as it should"):
        remote.push(run, (tmp_path / "file").as_uri())
