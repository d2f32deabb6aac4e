"""Repair: proven lines stay in their order; damaged lines, and lines that rest on them, move into a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.errors import InfrastructureError
from bench.store import journal, runs
from bench.store.repair import repair

Lines = list[bytes]


def _visit(key: str, visit: int) -> dict[str, Any]:
    return {"key": key, "rows": [], "samples": {}, "spent_s": 1.0, "visit": visit}


RECORDS = [_visit("a", 1), _visit("b", 1), _visit("a", 2), _visit("b", 2), {"key": "a", "energy": {}}, _visit("b", 3)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run of two cases."""
    return _made(tmp_path)


def _made(results: Path) -> Path:
    folder = runs.create(results, "mine", {})
    for record in RECORDS:
        journal.append(folder, record)
    runs.finish(folder, {})
    return folder


def _flipped(lines: Lines, number: int) -> Lines:
    return [*lines[:number], lines[number].replace(b"spent_s", b"spent_S"), *lines[number + 1 :]]


def _swapped(lines: Lines) -> Lines:
    return [lines[0], lines[2], lines[1], *lines[3:]]


# The damage, the line that is named, the records that are kept by number, and whether the run stays finished.
DAMAGES: dict[str, tuple[Callable[[Lines], Lines], int, list[int], bool]] = {
    "doubled": (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3, [0, 1, 2, 3, 4, 5], True),
    "swapped": (_swapped, 2, [0, 1, 2, 3, 4, 5], True),
    "flipped": (lambda lines: _flipped(lines, 1), 2, [0, 2, 4], False),
    "first deleted": (lambda lines: lines[1:], 1, [1, 3, 4, 5], False),
    "deleted": (lambda lines: [*lines[:3], *lines[4:]], 4, [0, 1, 2, 4], False),
    "no end": (lambda lines: lines[:-1], 7, [0, 1, 2, 3, 4, 5], False),
    "cut": (lambda lines: lines[:3], 4, [0, 1, 2], False),
    "nothing left": (lambda lines: [], 1, [], False),
    "no text": (lambda lines: [b"\n", *lines], 1, [0, 1, 2, 3, 4, 5], False),
    "a line of the earlier form": (lambda lines: [*lines, b'{"sha256":"0","record":{}}\n'], 8, [*range(6)], False),
}


@pytest.mark.parametrize(("damage", "number", "kept", "is_finished"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_named_and_repaired(
    run: Path, damage: Callable[[Lines], Lines], number: int, kept: list[int], is_finished: bool
) -> None:
    file = run / journal.FILE_NAME
    file.write_bytes(b"".join(damage(file.read_bytes().splitlines(keepends=True))))
    with pytest.raises(InfrastructureError, match=rf"journal\.jsonl, line {number} is damaged: .*results repair"):
        journal.read(run)
    found = repair(run)
    assert journal.read(run) == [RECORDS[n] for n in kept]
    assert (found.kept, found.is_finished) == (len(kept), is_finished)
    assert ("finished_utc" in runs.read_meta(run)) is is_finished
    assert repair(run).is_changed is False, "nothing is left to repair"
    journal.append(run, RECORDS[0]) if not is_finished else None


def test_damaged_lines_are_in_a_file_with_their_number_and_the_reason(run: Path) -> None:
    file = run / journal.FILE_NAME
    lines = _flipped(file.read_bytes().splitlines(keepends=True), 1)
    file.write_bytes(b"".join(lines))
    found = repair(run)
    assert found.file == run / "damaged-lines-1.txt"
    text = found.file.read_bytes()
    assert text.startswith(b"# line 2: its checksum does not match")
    assert b"# line 4: it rests on visit 1 to its case, which is lost\n" + lines[3] in text
    assert [one.number for one in found.aside] == [2, 4, 6]


def test_lines_of_another_run_do_not_get_in(run: Path, tmp_path: Path) -> None:
    other = _made(tmp_path / "other") / journal.FILE_NAME
    file = run / journal.FILE_NAME
    foreign, own = other.read_bytes().splitlines(keepends=True), file.read_bytes().splitlines(keepends=True)
    for damaged, number in ((foreign, 1), ([foreign[0], *own[1:]], 1), ([*own[:3], foreign[3], *own[4:]], 4)):
        file.write_bytes(b"".join(damaged))
        with pytest.raises(InfrastructureError, match=f"line {number} is damaged: .*of another run"):
            journal.read(run)
    repair(run)
    assert journal.read(run) == [RECORDS[n] for n in (0, 1, 2, 4)]


def test_two_writers_of_one_journal_leave_the_lines_of_the_first(run: Path) -> None:
    file = run / journal.FILE_NAME
    before = file.read_bytes()
    journal.append(run, {"key": "one"})
    one = file.read_bytes()[len(before) :]
    file.write_bytes(before)
    journal.append(run, {"key": "two"})
    two = file.read_bytes()[len(before) :]
    runs.reopen(run)
    file.write_bytes(before + two + one)
    repair(run)
    assert journal.read(run)[-1] == {"key": "two"}


def test_a_whole_run_is_left_as_it_is(run: Path) -> None:
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in run.iterdir()}
    found = repair(run)
    assert (found.is_changed, found.is_finished, found.kept) == (False, True, 6)
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in run.iterdir()} == before


def test_append_reads_nothing_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.reopen(run)
    journal.append(run, {"key": "new"})
    monkeypatch.setattr(journal, "whole_lines", None)
    journal.append(run, {"key": "newer"})
    monkeypatch.undo()
    assert [r["key"] for r in journal.read(run)][-2:] == ["new", "newer"]
