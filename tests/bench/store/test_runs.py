"""Runs as folders: made, found and read; folders that are not runs, and other machines, are refused."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.errors import InfrastructureError, Interrupted, UsageError
from bench.store import journal, runs
from bench.store.samples import to_columns
from bench.store.schema import SCHEMA_VERSION, Row, Sample
from bench.store.status import Status


def _columns(*samples: tuple[int, int, int, float, float]) -> dict[str, list[Any]]:
    names = ("process", "block", "position", "start_s", "time_s")
    given: list[dict[str, Any]] = [dict(zip(names, values, strict=True)) for values in samples]
    return to_columns([Sample(**columns) for columns in given])


META: dict[str, Any] = {"environment": {"host": "a host/with odd:name"}, "settings": {"threads": 2}, "skipped": []}
RECORDS: list[dict[str, Any]] = [
    {
        "key": "case-1",
        "samples": {
            "direct": _columns((0, 0, 1, 0.5, 1e-3), (1, 1, 0, 0.75, 2e-3)),
            "torch": _columns((0, 0, 0, 0.6, 4e-3)),
        },
        "rows": [
            Row(case_key="case-1", implementation="direct", time_s=1.5e-3, blocks=2).as_dict(),
            Row(case_key="case-1", implementation="torch", time_s=4e-3, blocks=1).as_dict(),
        ],
    },
    {
        "key": "case-2",
        "samples": {},
        "rows": [Row(case_key="case-2", implementation="direct", status=Status.CRASHED, reason="why").as_dict()],
    },
]


class _OneSecond(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime(2026, 1, 1, 12, 0, 0, tzinfo=tz)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = runs.create(tmp_path / "results", "my sweep", META)
    for record in RECORDS:
        journal.append(folder, record)
    return folder


def test_a_new_run_has_its_folder_and_run_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "datetime", _OneSecond)
    folder = runs.create(tmp_path / "deep" / "results", "my sweep", META)
    assert folder == tmp_path / "deep" / "results" / "20260101T120000Z-a-host-with-odd-name-my-sweep"
    meta = runs.read_meta(folder)
    assert len(meta.pop("run_id")) == 32
    assert meta == {"schema_version": SCHEMA_VERSION, "created_utc": "2026-01-01T12:00:00Z", **META}
    assert [f.name for f in folder.iterdir()] == ["run.json"]


@pytest.mark.parametrize("name", ["../evil", "", "///", "日本", "a" * 100])
def test_any_name_makes_a_folder_inside_results(tmp_path: Path, name: str) -> None:
    assert runs.create(tmp_path, name, {}).parent == tmp_path


def test_runs_of_one_second_have_different_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "datetime", _OneSecond)
    made = [runs.create(tmp_path, "x", META) for _ in range(3)]
    assert len(set(made)) == 3
    assert all(runs.read_meta(path)["skipped"] == [] for path in made)
    assert runs.latest(tmp_path) == made[-1]


def test_the_latest_run_is_the_one_begun_last(tmp_path: Path) -> None:
    for folder, created in (
        ("b", "2026-01-02T00:00:00Z"),
        ("c", "2026-01-03T00:00:00Z"),
        ("d", "2026-01-01T00:00:00Z"),
    ):
        (tmp_path / folder).mkdir()
        runs.write_meta(tmp_path / folder, {"schema_version": SCHEMA_VERSION, "created_utc": created})
    (tmp_path / "z-no-run").mkdir()
    assert runs.latest(tmp_path) == tmp_path / "c"


@pytest.mark.parametrize("folder", ["", "missing"])
def test_a_folder_without_runs_has_no_latest(tmp_path: Path, folder: str) -> None:
    with pytest.raises(UsageError, match="make one with `convcost sweep`"):
        runs.latest(tmp_path / folder)


def test_a_run_is_loaded_from_its_journal(run: Path) -> None:
    loaded = runs.load(run)
    assert (loaded.path, loaded.meta["settings"]) == (run, {"threads": 2})
    assert list(loaded.measurements["implementation"]) == ["direct", "torch", "direct"]
    assert list(loaded.measurements["status"]) == ["ok", "ok", "crashed"]
    rows = [tuple(row)[:8] for row in loaded.samples.itertuples(index=False)]
    assert rows == [
        ("case-1", "direct", 0, 0, 0, 1, 0.5, 1e-3),
        ("case-1", "direct", 1, 0, 1, 0, 0.75, 2e-3),
        ("case-1", "torch", 0, 0, 0, 0, 0.6, 4e-3),
    ]


def test_a_run_without_a_finished_case_has_empty_tables(tmp_path: Path) -> None:
    loaded = runs.load(runs.create(tmp_path, "x", META))
    assert (len(loaded.measurements), len(loaded.samples)) == (0, 0)
    assert list(loaded.measurements) == [f.name for f in fields(Row)]


def test_tables_have_the_columns_of_the_schema(run: Path) -> None:
    loaded = runs.load(run)
    runs.write_tables(loaded)
    for name, kind in (("measurements", Row), ("samples", Sample)):
        table = pd.read_parquet(run / f"{name}.parquet")
        assert list(table) == [f.name for f in fields(kind)]
        pd.testing.assert_frame_equal(table, getattr(loaded, name))


def test_missing_values_are_null_in_the_tables(run: Path) -> None:
    runs.write_tables(runs.load(run))
    crashed = pd.read_parquet(run / "measurements.parquet").iloc[2]
    assert crashed["reason"] == "why"
    for column in ("time_s", "time_low_s", "blocks", "backend", "executed_flops", "workspace_bytes", "error_rms"):
        assert pd.isna(crashed[column]), column


@pytest.mark.parametrize("reader", [runs.read_meta, runs.load])
@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, folder: str, reader: Any) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"is not a run: it has no run\.json; allowed: a folder"):
        reader(tmp_path / folder)


@pytest.mark.parametrize(
    ("version", "readable"),
    [("1.0", True), ("1.7", True), ("2.0", True), ("2.9", True), ("3.0", False), ("0.9", False), ("10.0", False)],
)
def test_schemas_of_known_first_parts_are_read(tmp_path: Path, version: str, readable: bool) -> None:
    runs.write_meta(tmp_path, {"schema_version": version})
    if readable:
        assert runs.read_meta(tmp_path)["schema_version"] == version
        return
    with pytest.raises(UsageError, match=f"has schema {version}; this convcost reads 1.x and 2.x"):
        runs.read_meta(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "null", '{"schema_version"'])
def test_a_damaged_run_json_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InfrastructureError, match=r"run\.json is damaged"):
        runs.read_meta(tmp_path)


def test_run_json_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    runs.write_meta(tmp_path, {"schema_version": "1.0"})
    with pytest.raises(ValueError, match="JSON compliant"):
        runs.write_meta(tmp_path, {"schema_version": "1.0", "wall_s": float("nan")})
    assert runs.read_meta(tmp_path) == {"schema_version": "1.0"}
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_no_flipped_bit_changes_what_run_json_says(tmp_path: Path) -> None:
    runs.write_meta(tmp_path, {"schema_version": SCHEMA_VERSION, "wall_s": 12.5, "name": "été", "run_id": "0f"})
    file = tmp_path / "run.json"
    whole, meta = file.read_bytes(), runs.read_meta(tmp_path)
    for place in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        file.write_bytes(flipped)
        # Some bits are of no meaning, as in \u00e9 and \u00E9.
        with suppress(InfrastructureError):
            assert runs.read_meta(tmp_path) == meta


@pytest.mark.parametrize(("version", "is_read"), [("2.4", True), ("1.0", True), ("2.5", False), ("2.10", False)])
def test_only_run_json_of_earlier_schemas_may_lack_the_checksum(tmp_path: Path, version: str, is_read: bool) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"schema_version": version}))
    if is_read:
        assert runs.read_meta(tmp_path) == {"schema_version": version}
        return
    with pytest.raises(InfrastructureError, match=r"run\.json is damaged: its checksum does not match"):
        runs.read_meta(tmp_path)


def test_results_that_cannot_be_written_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file is in the way")
    with pytest.raises(InfrastructureError, match="cannot be written"):
        runs.create(tmp_path / "results", "x", META)


def test_a_damaged_journal_is_an_error(run: Path) -> None:
    path = run / journal.FILE_NAME
    path.write_text(path.read_text().replace("case-1", "case-7", 1))
    with pytest.raises(InfrastructureError, match="line 1 is damaged"):
        runs.load(run)


ENVIRONMENT = {"host": "here", "cpu": "fast", "gpu": None, "threads": 1, "torch": "2", "numba": "0"}


@pytest.mark.parametrize(
    "changed", [{}, {"host": "there"}, {"cpu": "slow"}, {"gpu": "H200"}, {"threads": 2}, {"torch": "3"}, {"numba": "1"}]
)
def test_a_run_of_another_machine_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    folder = runs.create(tmp_path, "mine", {"environment": ENVIRONMENT})
    if not changed:
        runs.require_same_machine(folder, ENVIRONMENT)
        return
    (name,) = changed
    with pytest.raises(UsageError, match=f"was begun with {name} {ENVIRONMENT[name]!r}"):
        runs.require_same_machine(folder, {**ENVIRONMENT, **changed})


def test_a_check_of_a_folder_leaves_no_new_one(tmp_path: Path) -> None:
    """Ctrl-C before a run begins says that nothing is left."""
    (tmp_path / "kept").mkdir()
    for name in ("new", "deep/new", "kept", "kept/new"):
        runs.require_possible(tmp_path / name)
    assert [path.name for path in tmp_path.rglob("*")] == ["kept"]
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InfrastructureError, match="cannot be written"):
        runs.require_possible(tmp_path / "file" / "new")


@pytest.mark.parametrize("error", [Interrupted, OSError])
def test_a_run_that_could_not_begin_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def stop(path: Path, meta: object) -> None:
        raise error

    monkeypatch.setattr(runs, "write_meta", stop)
    with pytest.raises((Interrupted, InfrastructureError)):
        runs.create(tmp_path, "mine", META)
    assert list(tmp_path.iterdir()) == []


def test_deep_nesting_in_one_run_is_damage_of_that_run_alone(tmp_path: Path) -> None:
    good = runs.create(tmp_path, "good", META)
    deep = tmp_path / "99990101T000000Z-host-deep"
    deep.mkdir()
    # About its limit the reader of JSON gives up, and not the writer, whose text the checksum is made of.
    for levels in (10, 39, 40, 41, *range(300, 1_100, 4), 100_000):
        (deep / runs.META_NAME).write_text(
            f'{{"schema_version": "{SCHEMA_VERSION}", "created_utc": "9999-01-01T00:00:00Z", "sha256": "0", '
            f'"x": {"[" * levels}{"]" * levels}}}'
        )
        with pytest.raises(InfrastructureError, match=r"run\.json is damaged"):
            runs.read_meta(deep)
        assert runs.latest(tmp_path) in (good, deep)
    assert runs.latest(tmp_path) == good
