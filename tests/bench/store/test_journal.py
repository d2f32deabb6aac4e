"""The journal: whole records are read, a torn last line is left out, damage is an error; plain or compressed."""

from __future__ import annotations

import json
import lzma
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import InfrastructureError, UsageError
from bench.store import journal

RECORDS: list[dict[str, Any]] = [
    {"key": "a", "rows": [{"time_s": 1e-5, "reason": None}], "samples": {"direct": [[1e-5, 0.25, 0, 1]]}},
    {"key": "b", "rows": [], "samples": {}, "text": 'quotes ", newline \n, 畳み込み, \u2028'},
    {"key": "c", "numbers": [0.1, 1e300, 2**70, -0.0, True], "z": 1, "a": {"y": 2, "b": 3}},
]


def _filled(folder: Path) -> Path:
    for record in RECORDS:
        journal.append(folder, record)
    return folder / journal.FILE_NAME


def test_records_survive_the_journal(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    assert journal.read(tmp_path) == RECORDS
    assert path.read_bytes().count(b"\n") == len(RECORDS)


def test_without_a_journal_there_are_no_records(tmp_path: Path) -> None:
    assert journal.read(tmp_path) == []


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


# Every record is synced to the disk: few examples.
@settings(max_examples=20)
@given(st.lists(st.dictionaries(st.text(), _json, max_size=4), min_size=1, max_size=4))
def test_any_json_round_trips(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]) -> None:
    folder = tmp_path_factory.mktemp("journal")
    for record in records:
        journal.append(folder, record)
    assert journal.read(folder) == records


@pytest.mark.parametrize("lost", [1, 2, 40], ids=lambda n: f"{n} bytes lost")
def test_a_torn_last_line_is_left_out_and_cut_before_the_next(tmp_path: Path, lost: int) -> None:
    path = _filled(tmp_path)
    path.write_bytes(path.read_bytes()[:-lost])
    assert journal.read(tmp_path) == RECORDS[:2]
    journal.append(tmp_path, {"key": "new"})
    assert journal.read(tmp_path) == [*RECORDS[:2], {"key": "new"}]
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize("torn", [b'{"sha', b"\xff\xfe", b"\x00\x00\x00"])
def test_a_torn_line_alone_is_no_record(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / journal.FILE_NAME).write_bytes(torn)
    assert journal.read(tmp_path) == []
    journal.append(tmp_path, RECORDS[0])
    assert journal.read(tmp_path) == RECORDS[:1]


def test_a_flipped_bit_is_found_with_its_line(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    whole = path.read_bytes()
    end = whole.index(b"\n") + 1
    middle = range(end, whole.index(b"\n", end), 7)
    for position in middle:
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x01]) + whole[position + 1 :])
        with pytest.raises(InfrastructureError, match=r"journal\.jsonl, line 2 is damaged"):
            journal.read(tmp_path)
    assert len(middle) > 10


@pytest.mark.parametrize(
    "line",
    ["", "null", "[]", "3", '"text"', "{}", '{"record": {}}', '{"sha256": "0", "record": {}}', '{"record": NaN}', "{"],
)
def test_a_whole_line_that_is_no_record_is_damaged(tmp_path: Path, line: str) -> None:
    path = _filled(tmp_path)
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([lines[0], line, *lines[1:]]), encoding="utf-8")
    with pytest.raises(InfrastructureError, match="line 2 is damaged"):
        journal.read(tmp_path)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_are_refused_and_nothing_is_written(tmp_path: Path, value: float) -> None:
    path = _filled(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON compliant"):
        journal.append(tmp_path, {"rows": [{"error_rms": value}]})
    assert path.read_bytes() == before


def test_lines_are_readable_by_any_program(tmp_path: Path) -> None:
    entries = [json.loads(line) for line in _filled(tmp_path).read_text(encoding="utf-8").splitlines()]
    assert [entry["record"] for entry in entries] == RECORDS
    assert all(len(entry["sha256"]) == 64 for entry in entries)


def test_a_missing_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="cannot be written"):
        journal.append(tmp_path / "gone", RECORDS[0])


def _compress(folder: Path) -> Path:
    """Put a compressed journal in place of the plain one."""
    journal.compress(folder, folder / "packed")
    (folder / journal.FILE_NAME).unlink()
    (folder / "packed").rename(folder / journal.COMPRESSED_NAME)
    return folder / journal.COMPRESSED_NAME


def test_a_compressed_journal_is_read(tmp_path: Path) -> None:
    _filled(tmp_path)
    path = _compress(tmp_path)
    assert journal.read(tmp_path) == RECORDS
    lines = lzma.decompress(path.read_bytes()).decode("utf-8").split("\n")
    assert [json.loads(line)["record"] for line in lines[:-1]] == RECORDS, "readable by any program"


def test_nothing_is_added_to_a_compressed_journal(tmp_path: Path) -> None:
    _filled(tmp_path)
    before = _compress(tmp_path).read_bytes()
    with pytest.raises(UsageError, match="is an archive: nothing can be added to its compressed journal; continue"):
        journal.append(tmp_path, RECORDS[0])
    assert [(f.name, f.read_bytes()) for f in tmp_path.iterdir()] == [("journal.jsonl.xz", before)]


@pytest.mark.parametrize("damage", [lambda b: b[:-10], lambda b: b"", lambda b: b[:40] + b"x" + b[41:]])
def test_a_damaged_compressed_journal_is_an_error(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    _filled(tmp_path)
    path = _compress(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InfrastructureError, match=r"journal\.jsonl\.xz is damaged"):
        journal.read(tmp_path)


def test_a_wrong_checksum_in_a_compressed_journal_is_found_with_its_line(tmp_path: Path) -> None:
    plain = _filled(tmp_path)
    path = tmp_path / journal.COMPRESSED_NAME
    path.write_bytes(lzma.compress(plain.read_bytes().replace(b'"key":"b"', b'"key":"x"')))
    plain.unlink()
    with pytest.raises(InfrastructureError, match=r"journal\.jsonl\.xz, line 2 is damaged"):
        journal.read(tmp_path)


def test_two_journals_are_an_error(tmp_path: Path) -> None:
    _filled(tmp_path)
    (tmp_path / journal.COMPRESSED_NAME).touch()
    with pytest.raises(
        InfrastructureError, match=r"has two journals, journal\.jsonl and journal\.jsonl\.xz; delete one"
    ):
        journal.read(tmp_path)
