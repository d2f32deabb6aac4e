"""Copies of finished runs in file systems of pyarrow: local ones, and one in memory."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pyarrow.fs
import pytest
from pyarrow.fs import FileSelector, SubTreeFileSystem, _MockFileSystem

from bench.errors import InfrastructureError, UsageError
from bench.store import journal, remote, runs
from bench.store.repair import repair_run

RECORD = {"key": "k", "rows": [], "samples": {}, "spent_s": 1.0}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = runs.create(tmp_path / "results", "made", {"environment": {"host": "a"}})
    journal.append(folder, RECORD)
    runs.write_meta(folder, {**runs.read_meta(folder), "finished_utc": "2026-01-01T00:00:00Z"})
    return folder


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_run_comes_back_as_it_was(run: Path, tmp_path: Path) -> None:
    place = (tmp_path / "store").as_uri()
    uri = remote.push(run, place)
    assert uri == f"{place}/{run.name}"
    back = remote.folder_of(uri)
    assert back.name == run.name
    assert back.is_relative_to(tmp_path / "cache" / "convcost")
    assert {file.name: file.read_bytes() for file in back.iterdir()} == {
        file.name: file.read_bytes() for file in run.iterdir()
    }
    assert journal.read(back) == [RECORD]


def test_a_run_is_copied_once_and_again_when_it_is_another_one(run: Path, tmp_path: Path) -> None:
    uri = remote.push(run, (tmp_path / "store").as_uri())
    back = remote.fetched(uri)
    (back / "measurements.parquet").write_text("made here")
    assert remote.fetched(f"{uri}/") == back
    assert (back / "measurements.parquet").exists()
    there = tmp_path / "store" / run.name
    runs.write_meta(there, {**runs.read_meta(there), "name": "another"})
    assert remote.fetched(uri) == back
    assert runs.read_meta(back)["name"] == "another"
    assert not (back / "measurements.parquet").exists()
    (there / journal.FILE_NAME).write_bytes((there / journal.FILE_NAME).read_bytes() * 2)
    with pytest.raises(InfrastructureError, match="line 2 is damaged"):
        journal.read(remote.fetched(uri))


def test_a_copy_that_was_not_finished_is_no_run(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = remote.push(run, (tmp_path / "store").as_uri())

    def full(*given: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(remote.shutil, "copyfileobj", full)
        with pytest.raises(InfrastructureError, match="No space left on device"):
            remote.fetched(uri)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert journal.read(remote.fetched(uri)) == [RECORD]


def test_only_the_files_of_a_run_are_copied(run: Path, tmp_path: Path) -> None:
    uri = remote.push(run, (tmp_path / "store").as_uri())
    for name in ("writer.lock", ".hidden", "a b"):
        (tmp_path / "store" / run.name / name).write_text("x")
    (tmp_path / "store" / run.name / "folder").mkdir()
    assert {file.name for file in remote.fetched(uri).iterdir()} == {"run.json", journal.FILE_NAME}
    # No name of a run: its copy would be the folder of all copies.
    with pytest.raises(UsageError, match="does not end in the name of a run"):
        remote.fetched(f"{uri}/folder/..")


def test_a_copy_is_not_repaired(run: Path, tmp_path: Path) -> None:
    back = remote.fetched(remote.push(run, (tmp_path / "store").as_uri()))
    with pytest.raises(UsageError, match="is a copy of a run elsewhere"):
        repair_run(back)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NotImplementedError("built without S3"), r"this pyarrow cannot reach s3:// \(built without S3\); install one"),
        (ImportError("no pyarrow.fs"), "this pyarrow cannot reach s3://"),
        (OSError("no route\nto host"), "s3://bucket/runs/x does not answer as it should: no route$"),
    ],
)
def test_a_store_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, error: Exception, says: str) -> None:
    def raises(uri: str) -> None:
        raise error

    monkeypatch.setattr(pyarrow.fs, "FileSystem", SimpleNamespace(from_uri=raises))
    with pytest.raises(InfrastructureError, match=says):
        remote.folder_of("s3://bucket/runs/x")


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
    assert "more.json" not in {file.name for file in remote.fetched(uri).iterdir()}


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
        remote.fetched(place)


def test_a_place_that_cannot_be_written(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError, match="does not answer as it should"):
        remote.push(run, (tmp_path / "file").as_uri())
