"""Cases that were visited more than once: the journal has a record a visit, and they come to one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.store import journal, runs
from bench.store.visits import Visited, continued, read


def _record(key: str, statuses: dict[str, str], **times: list[float]) -> dict[str, Any]:
    samples = {name: runs.by_column([{"process": 0, "time_s": t} for t in taken]) for name, taken in times.items()}
    rows = [{"implementation": name, "status": status, "visit": len(times)} for name, status in statuses.items()]
    return {"key": key, "rows": rows, "samples": samples, "spent_s": 2.0}


def _times(case: Visited) -> dict[str, list[float]]:
    return {name: [s["time_s"] for s in taken] for name, taken in case.samples.items()}


def test_rows_are_those_of_the_last_visit_and_samples_those_of_all(tmp_path: Path) -> None:
    both = {"a": "ok", "b": "ok"}
    for record in (_record("x", both, a=[1.0], b=[2.0]), _record("y", both), _record("x", both, a=[3.0])):
        journal.append(tmp_path, record)
    cases = read(tmp_path)
    assert list(cases) == ["x", "y"]
    assert [row["visit"] for row in cases["x"].rows] == [1, 1]
    assert (_times(cases["x"]), cases["x"].spent_s) == ({"a": [1.0, 3.0], "b": [2.0]}, 4.0)


def test_what_is_found_wrong_later_has_no_samples_left(tmp_path: Path) -> None:
    journal.append(tmp_path, _record("x", {"a": "ok", "b": "ok"}, a=[1.0], b=[2.0]))
    journal.append(tmp_path, _record("x", {"a": "wrong", "b": "ok"}, b=[3.0]))
    assert _times(read(tmp_path)["x"]) == {"b": [2.0, 3.0]}


def test_journals_without_draws_or_time_spent_are_read(tmp_path: Path) -> None:
    record = _record("x", {"a": "ok"}, a=[1.0])
    del record["spent_s"]
    journal.append(tmp_path, record)
    case = read(tmp_path)["x"]
    assert (case.samples, case.spent_s) == ({"a": [{"draw": 0, "process": 0, "time_s": 1.0}]}, 0.0)


def test_no_journal_is_no_case(tmp_path: Path) -> None:
    assert read(tmp_path) == {}


def test_draws_go_on_where_the_process_left_them() -> None:
    known = {"a": [{"process": 0, "draw": 0}, {"process": 1}], "b": [{"process": 0, "draw": 2}]}
    added = {"a": [{"process": 0}, {"process": 1, "draw": 1}, {"process": 2, "draw": 1}], "b": [{"process": 0}]}
    assert continued(known, added) == {
        "a": [{"process": 0, "draw": 3}, {"process": 1, "draw": 2}, {"process": 2, "draw": 1}],
        "b": [{"process": 0, "draw": 3}],
    }
