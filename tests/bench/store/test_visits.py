"""Cases visited more than once: the journal has one record a visit, and together they are one case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.errors import InfrastructureError
from bench.store import journal, stored, tables
from bench.store.samples import Samples, to_columns
from bench.store.schema import Row, Sample
from bench.store.status import Flag, Status
from bench.store.visits import Visited, continued, read


def _record(key: str, statuses: dict[str, Status], **times: list[float]) -> dict[str, Any]:
    samples = {name: to_columns([Sample(time_s=t) for t in taken]) for name, taken in times.items()}
    rows = [Row(implementation=name, status=status, blocks=len(times)) for name, status in statuses.items()]
    return {"key": key, "rows": [row.as_dict() for row in rows], "samples": samples, "spent_s": 2.0}


def _times(case: Visited) -> dict[str, list[float]]:
    return {name: [sample.time_s for sample in taken] for name, taken in case.samples.items()}


def test_rows_are_those_of_the_last_visit_and_samples_those_of_all(tmp_path: Path) -> None:
    both = {"a": Status.OK, "b": Status.OK}
    for record in (_record("x", both, a=[1.0], b=[2.0]), _record("y", both), _record("x", both, a=[3.0])):
        journal.append(tmp_path, record)
    cases = read(tmp_path)
    assert list(cases) == ["x", "y"]
    assert [row.blocks for row in cases["x"].rows] == [1, 1]
    assert (_times(cases["x"]), cases["x"].spent_s, cases["x"].count) == ({"a": [1.0, 3.0], "b": [2.0]}, 4.0, 2)


def test_a_row_found_wrong_later_loses_its_samples(tmp_path: Path) -> None:
    journal.append(tmp_path, _record("x", {"a": Status.OK, "b": Status.OK}, a=[1.0], b=[2.0]))
    journal.append(tmp_path, _record("x", {"a": Status.WRONG, "b": Status.OK}, b=[3.0]))
    case = read(tmp_path)["x"]
    assert (_times(case), case.fine) == ({"b": [2.0, 3.0]}, ("b",))


def test_tables_have_the_samples_that_a_resumed_run_has(tmp_path: Path) -> None:
    journal.append(tmp_path, SCHEMA_1_2)
    flagged = [Sample(time_s=4.0, flags=("steal",)), Sample(time_s=5.0)]
    journal.append(tmp_path, _record("y", {"a": Status.OK, "b": Status.OK}, a=[1.0], b=[2.0]))
    journal.append(
        tmp_path, _record("y", {"a": Status.WRONG, "b": Status.OK}) | {"samples": {"b": to_columns(flagged)}}
    )
    cases, known = read(tmp_path), stored.read(tmp_path)
    assert {key: case.rows for key, case in known.cases.items()} == {key: case.rows for key, case in cases.items()}
    lines = [
        replace(sample, case_key=key, implementation=name)
        for key, case in cases.items()
        for name, taken in case.samples.items()
        for sample in taken
    ]
    assert [line.time_s for line in lines] == [1.0, 2.0, 2.0, 4.0, 5.0]
    pd.testing.assert_frame_equal(tables.sample_frame(known), tables.frame(Sample, lines))


@pytest.mark.parametrize("columns", [{"unknown": [1.0]}, {"time_s": [1.0], "draw": [0, 1]}])
def test_damaged_samples_end_tables_too(tmp_path: Path, columns: dict[str, Any]) -> None:
    journal.append(tmp_path, _record("x", {"a": Status.OK}) | {"samples": {"a": columns}})
    with pytest.raises(InfrastructureError, match="record 1 is damaged"):
        list(stored.read(tmp_path))


def test_no_journal_is_no_case(tmp_path: Path) -> None:
    assert read(tmp_path) == {}


# Records as earlier versions wrote them: samples by column with nulls, flags as text, columns that came later missing.
SCHEMA_1_2: dict[str, Any] = {
    "key": "x",
    "rows": [{"case_key": "x", "implementation": "a", "status": "ok", "processes": 3, "flags": "few-blocks"}],
    "samples": {"a": {"process": [0, 1], "time_s": [1.0, 2.0]}},
}
SCHEMA_1_4: dict[str, Any] = {
    "key": "x",
    "rows": [
        {"case_key": "x", "implementation": "a", "status": "ok", "backend": None, "delegate": None, "reason": None,
         "flags": "wide-interval,noisy", "time_s": 1.5, "over_best_low": None, "plan_bytes": 0},
        {"case_key": "x", "implementation": "b", "status": "unsupported", "reason": "stride", "flags": ""},
    ],
    "samples": {
        "a": {"process": [0, 0], "draw": [0, 1], "block": [0, 0], "position": [1, 0], "start_s": [0.0, 0.5],
              "time_s": [1.0, 2.0], "host_s": [None, None], "involuntary_switches": [0, 3], "steal_s": [None, None],
              "throttle_reasons": [None, None], "flags": ["", "switched,probe"]},
    },
    "spent_s": 2.5,
}  # fmt: skip


def test_a_journal_of_schema_1_2_is_read(tmp_path: Path) -> None:
    journal.append(tmp_path, SCHEMA_1_2)
    case = read(tmp_path)["x"]
    assert case.samples == {"a": [Sample(process=0, time_s=1.0), Sample(process=1, time_s=2.0)]}
    assert (case.spent_s, case.rows[0].flags) == (0.0, (Flag.FEW_BLOCKS,))


def test_a_journal_of_schema_1_4_is_read(tmp_path: Path) -> None:
    journal.append(tmp_path, SCHEMA_1_4)
    case = read(tmp_path)["x"]
    assert case.rows == (
        Row(case_key="x", implementation="a", flags=(Flag.WIDE_INTERVAL, Flag.NOISY), time_s=1.5, plan_bytes=0),
        Row(case_key="x", implementation="b", status=Status.UNSUPPORTED, reason="stride"),
    )
    first, second = case.samples["a"]
    assert first == Sample(draw=0, position=1, time_s=1.0, involuntary_switches=0)
    assert second == Sample(draw=1, start_s=0.5, time_s=2.0, involuntary_switches=3, flags=("switched", "probe"))
    assert case.spent_s == 2.5


@pytest.mark.parametrize(
    "damage",
    [
        {"rows": [{"status": "odd"}]},
        {"rows": [{"status": "ok", "flags": "noisy, clock"}]},
        {"rows": [{"implementation": "a"}]},
        {"rows": [{"status": "ok", "odd": 1}]},
        {"samples": {"a": {"odd": [1]}}},
        {"samples": {"a": {"time_s": [1.0], "block": []}}},
        {"samples": None},
    ],
    ids=str,
)
def test_a_record_with_unknown_columns_or_values_is_damaged(tmp_path: Path, damage: dict[str, Any]) -> None:
    journal.append(tmp_path, SCHEMA_1_4)
    journal.append(tmp_path, {**SCHEMA_1_4, **damage})
    with pytest.raises(InfrastructureError, match=r"journal\.jsonl, record 2 is damaged"):
        read(tmp_path)


def test_the_draws_of_a_new_visit_are_numbered_after_those_of_its_process() -> None:
    def sample(process: int, draw: int = 0) -> Sample:
        return Sample(process=process, draw=draw)

    known: Samples = {"a": [sample(0), sample(1)], "b": [sample(0, 2)]}
    added: Samples = {"a": [sample(0), sample(1, 1), sample(2, 1)], "b": [sample(0)]}
    assert continued(known, added) == {"a": [sample(0, 3), sample(1, 2), sample(2, 1)], "b": [sample(0, 3)]}
