"""Archives: the same tables from fewer bytes, and nothing added to them."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pandas as pd
import pytest

from bench.errors import InfrastructureError, UsageError
from bench.store import journal, runs
from bench.store.archive import archive
from bench.store.samples import to_columns
from bench.store.schema import Row, Sample

RECORD = {
    "key": "k",
    "rows": [Row(case_key="k", implementation="direct", time_s=1.5).as_record()],
    "samples": {"direct": to_columns([Sample(block=block, time_s=1.5) for block in range(50)])},
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = runs.create(tmp_path / "results", "mine", {"environment": {"host": "here"}})
    for _ in range(3):
        journal.append(folder, RECORD)
    runs.write_tables_of(folder)
    (folder / "kernels.json").write_text(json.dumps({"shapes": [1, 2]}))
    return folder


def test_an_archive_has_no_tables_and_the_same_run(run: Path, tmp_path: Path) -> None:
    made = archive(run, tmp_path / "deep" / "kept")
    assert sorted(f.name for f in made.folder.iterdir()) == ["journal.jsonl.xz", "kernels.json.xz", "run.json"]
    assert (made.folder / "run.json").read_bytes() == (run / "run.json").read_bytes()
    assert lzma.decompress((made.folder / "journal.jsonl.xz").read_bytes()) == (run / "journal.jsonl").read_bytes()
    assert json.loads(lzma.decompress((made.folder / "kernels.json.xz").read_bytes())) == {"shapes": [1, 2]}
    before, after = runs.load(run), runs.load(made.folder)
    for table in ("measurements", "samples", "energy"):
        pd.testing.assert_frame_equal(getattr(after, table), getattr(before, table))
    assert len(after.samples) == 150


def test_the_sizes_are_those_of_the_files(run: Path, tmp_path: Path) -> None:
    made = archive(run, tmp_path / "kept")
    assert (made.records, made.folder) == (3, tmp_path / "kept")
    assert made.before_bytes == sum(f.stat().st_size for f in run.iterdir())
    assert made.after_bytes == sum(f.stat().st_size for f in made.folder.iterdir()) < made.before_bytes / 5


def test_an_archive_can_be_archived_again(run: Path, tmp_path: Path) -> None:
    once = archive(run, tmp_path / "once").folder
    twice = archive(once, tmp_path / "twice").folder
    assert {f.name: f.read_bytes() for f in twice.iterdir()} == {f.name: f.read_bytes() for f in once.iterdir()}


def test_a_torn_last_line_is_left_out(run: Path, tmp_path: Path) -> None:
    whole = (run / "journal.jsonl").read_bytes()
    (run / "journal.jsonl").write_bytes(whole + b'{"sha256":')
    made = archive(run, tmp_path / "kept")
    assert lzma.decompress((made.folder / "journal.jsonl.xz").read_bytes()) == whole


def test_a_run_without_a_journal_has_an_empty_one(tmp_path: Path) -> None:
    made = archive(runs.create(tmp_path, "mine", {}), tmp_path / "kept")
    assert (made.records, journal.read(made.folder)) == (0, [])


def test_an_empty_folder_is_filled_and_any_other_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert archive(run, tmp_path / "empty").records == 3
    (tmp_path / "file").touch()
    for taken in (tmp_path / "empty", tmp_path / "file", run):
        with pytest.raises(UsageError, match="exists and is not empty; give a new folder"):
            archive(run, taken)


def test_a_damaged_journal_is_not_archived(run: Path, tmp_path: Path) -> None:
    file = run / "journal.jsonl"
    file.write_bytes(file.read_bytes().replace(b"direct", b"dirert", 1))
    with pytest.raises(InfrastructureError, match="line 1 is damaged"):
        archive(run, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a run"):
        archive(tmp_path, tmp_path / "kept")


def test_a_place_that_cannot_be_written_is_an_error(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InfrastructureError, match="cannot be written"):
        archive(run, tmp_path / "file" / "kept")


def test_rows_alone_are_each_case_once_with_its_joules(run: Path, tmp_path: Path) -> None:
    later = {**RECORD, "rows": [Row(case_key="k", implementation="direct", time_s=2.5).as_record()], "spent_s": 2.0}
    journal.append(run, later)
    figure = {"scope": "package-0", "method": "counter", "gross_j": 2.0, "net_j": 1.0, "flags": []}
    journal.append(run, {"key": "k", "energy": {"direct": [figure]}, "processes": [{"windows": [1.0]}]})
    made = archive(run, tmp_path / "kept", rows_only=True)
    assert made.records == 2
    case, joules = journal.read(made.folder)
    assert (case["rows"], case["samples"], case["spent_s"]) == (later["rows"], {}, 2.0)
    assert joules == {"key": "k", "energy": {"direct": [figure]}}
    after = runs.load(made.folder)
    assert list(after.measurements["time_s"]) == [2.5]
    assert list(after.energy["gross_j"]) == [2.0]
    assert after.samples.empty
    assert (made.folder / "kernels.json.xz").is_file()
