"""Lines of a journal tell their beginning without being parsed; rows and samples are read where they are needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import InfrastructureError
from bench.store import journal, lines, runs, stored, tables
from bench.store.lines import CLOSED, START, JournalLine, Record
from bench.store.sample_table import SampleTable
from bench.store.schema import Row
from bench.store.status import Status

ENERGY: Record = {"key": "a|b", "energy": {}}


def _visit(key: str = "a|b", *, status: Status = Status.OK, processes: tuple[int, ...] = (0, 1)) -> Record:
    rows = [
        Row(case_key=key, implementation=name, status=one).as_record()
        for name, one in (("x", Status.OK), ("y", status))
    ]
    columns = {"process": list(processes), "time_s": [1.0 + process for process in processes]}
    return {"key": key, "rows": rows, "samples": {"x": columns}, "spent_s": 2.0, "visit": 1}


def _line(record: Record) -> JournalLine:
    return lines.write(record, START, "run")


@pytest.mark.parametrize(
    ("record", "beginning"),
    [
        (_visit(), ("a|b", "rows")),
        (_visit('quote " and \\ and ü'), ('quote " and \\ and ü', "rows")),
        (ENERGY, ("a|b", "energy")),
        # Entries in another order.
        ({"rows": [], "key": "k"}, ("k", "rows")),
        ({CLOSED: 3}, ("", "")),
    ],
)
def test_the_beginning_of_a_line_is_its_key_and_what_it_holds(record: Record, beginning: tuple[str, str]) -> None:
    assert _line(record).beginning() == beginning
    assert _line(record).key == beginning[0]


@pytest.mark.parametrize("record", [_visit(), ENERGY, {"samples": {}, "rows": [], "key": "k"}, {CLOSED: 3}])
def test_the_head_of_a_line_is_its_record_without_samples(record: Record) -> None:
    assert _line(record).head() == {name: value for name, value in record.items() if name != "samples"}
    assert _line(record).is_closing is (CLOSED in record)


def test_a_line_tells_its_statuses_and_its_last_process() -> None:
    line = _line(_visit(status=Status.CRASHED, processes=(0, 11, 2)))
    assert (line.statuses(), line.last_process) == ({"ok", "crashed"}, 11)
    # A text that quotes an entry is no entry.
    quoting = _visit() | {"rows": [{"reason": '"status":"crashed"', "status": "ok"}]}
    assert _line(quoting).statuses() == {"ok"}
    assert _line({"rows": [{"status": "wrong"}], "key": "k"}).statuses() == {"wrong"}
    assert (_line(ENERGY).last_process, _line(_visit(processes=())).last_process) == (-1, -1)


def test_a_line_that_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="no object"):
        lines.of_body(b"[1]", START, "run").head()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = runs.create(tmp_path, "made", {"environment": {}})
    for record in (_visit(), _visit("c", status=Status.CRASHED), _visit(processes=(2,)), ENERGY):
        journal.append(made, record)
    return made


def test_rows_are_read_only_when_they_are_looked_at(folder: Path) -> None:
    found = stored.read(folder)
    assert (list(found.cases), list(found.energy), found.last_process) == (["a|b", "c"], ["a|b"], 2)
    fine, faulty = (case.all_rows for case in found.cases.values())
    # Without a fault they need not be read, and then not even be there.
    moved = (folder / journal.FILE_NAME).rename(folder / "elsewhere")
    assert fine.faults() == ()
    with pytest.raises(InfrastructureError, match="was changed while it was read"):
        len(fine)
    moved.rename(folder / journal.FILE_NAME)
    assert [row.implementation for row in faulty.faults()] == ["y"]
    assert (len(fine), fine[0].implementation, [row.implementation for row in fine[1:]]) == (2, "x", ["y"])


def test_lines_that_changed_since_they_were_read_are_refused(folder: Path) -> None:
    found = stored.read(folder)
    path = folder / journal.FILE_NAME
    path.write_bytes(path.read_bytes().replace(b'"c"', b'"d"'))
    with pytest.raises(InfrastructureError, match="was changed while it was read"):
        list(found.cases["c"].all_rows)


def _plain(value: Any) -> list[Any]:
    return value.tolist() if isinstance(value, np.ndarray) else list(value)


def test_the_table_of_samples_has_the_pieces_of_the_journal(tmp_path: Path) -> None:
    pieces: list[stored.SamplePiece] = [
        ("a", "x", {"process": [0, 1], "time_s": [1.0, 2.0], "flags": [(), ("s", "x")], "frequency_hz": [2.0, None]}),
        ("a", "y", {"process": [0], "time_s": [3.0], "flags": [("slow",)], "frequency_hz": [None]}),
        ("b", "y", {"process": [2], "time_s": [4.0], "flags": [()], "frequency_hz": [1.0]}),
    ]  # fmt: skip
    tables.write_samples(tmp_path, pieces)
    found = SampleTable(tmp_path, ("process", "time_s", "flags", "frequency_hz"))
    assert [(key, name, {c: _plain(v) for c, v in columns.items()}) for key, name, columns in found] == pieces
    # Each time anew.
    assert [piece[:2] for piece in found] == [("a", "x"), ("a", "y"), ("b", "y")]
