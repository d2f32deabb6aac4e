"""The journal keeps what was finished, forgets what was torn, and tells what was damaged."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import InfrastructureError
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


def test_round_trip(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    assert journal.read(tmp_path) == RECORDS
    assert path.read_bytes().count(b"\n") == len(RECORDS)


def test_no_journal_yet(tmp_path: Path) -> None:
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
def test_nothing_but_a_torn_line(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / journal.FILE_NAME).write_bytes(torn)
    assert journal.read(tmp_path) == []
    journal.append(tmp_path, RECORDS[0])
    assert journal.read(tmp_path) == RECORDS[:1]


def test_every_flipped_byte_is_found_with_its_line(tmp_path: Path) -> None:
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
def test_a_whole_line_that_is_no_record(tmp_path: Path, line: str) -> None:
    path = _filled(tmp_path)
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([lines[0], line, *lines[1:]]), encoding="utf-8")
    with pytest.raises(InfrastructureError, match="line 2 is damaged"):
        journal.read(tmp_path)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_are_refused_and_nothing_is_written(tmp_path: Path, value: float) -> None:
    path = _filled(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON compliant"):
        journal.append(tmp_path, {"rows": [{"error_rms": value}]})
    assert path.read_bytes() == before


def test_lines_are_readable_by_any_program(tmp_path: Path) -> None:
    entries = [json.loads(line) for line in _filled(tmp_path).read_text(encoding="utf-8").splitlines()]
    assert [entry["record"] for entry in entries] == RECORDS
    assert all(len(entry["sha256"]) == 64 for entry in entries)


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="cannot be written"):
        journal.append(tmp_path / "gone", RECORDS[0])
