"""The formats by name: where they are written, and what is refused before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import InfrastructureError, UsageError
from bench.store import journal, runs
from bench.store.export.formats import FORMATS, export


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_named_after_the_run(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    exported = export(run, name)
    assert [path.name for path in here.iterdir()] == [run.name + FORMATS[name].ending]
    assert exported.rows > 0
    assert (here / exported.path).exists()


def test_folders_on_the_way_are_made(run: Path, tmp_path: Path) -> None:
    assert export(run, "json", tmp_path / "deep" / "er" / "x.json").path.is_file()


@pytest.mark.parametrize(
    ("name", "commit", "sentence"),
    [
        ("xml", None, "--to is 'xml'; allowed: csv, json, parquet, pyperf, asv, benchdnn"),
        ("csv", "abcdef1", "--commit has no meaning for csv; leave it out, or use --to asv"),
    ],
)
def test_options_that_do_not_fit_are_refused(run: Path, name: str, commit: str | None, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        export(run, name, None, commit)


def test_a_link_to_nothing_is_no_free_place(run: Path, tmp_path: Path) -> None:
    place, target = tmp_path / "there.json", tmp_path / "target"
    place.symlink_to(target)
    with pytest.raises(UsageError, match=r"there.json exists already; give another place with --output"):
        export(run, "json", place)
    assert not target.exists()


@pytest.mark.parametrize("name", ["json", "csv"])
def test_nothing_is_overwritten(run: Path, tmp_path: Path, name: str) -> None:
    place = tmp_path / "there"
    place.mkdir()
    (place / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"there exists already; give another place with --output"):
        export(run, name, place)
    assert [path.name for path in place.iterdir()] == ["notes.txt"]


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a run"):
        export(tmp_path, "csv", tmp_path / "out")


def test_a_run_without_a_finished_case_is_refused(tmp_path: Path) -> None:
    begun = runs.create(tmp_path, "begun", {})
    with pytest.raises(UsageError, match=r"has no finished case; continue it with convcost sweep --resume"):
        export(begun, "csv", tmp_path / "out")


def test_a_damaged_run_is_an_error_of_the_machine(run: Path, tmp_path: Path) -> None:
    file = run / journal.FILE_NAME
    file.write_text(file.read_text().replace("numba", "number"))
    with pytest.raises(InfrastructureError, match="checksum"):
        export(run, "csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()
