"""What comparisons read of a run: the same from its journal and from its tables, and the journal where they differ."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.errors import InfrastructureError
from bench.store import journal, process_times, runs
from bench.store.status import Status
from tests.bench.compare.made_runs import CASES, NAMES, PROCESSES, write_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(tmp_path, 1, statuses={(CASES[0], "fft"): Status.WRONG}, energy_j=lambda *_: 2.0)


def test_the_tables_say_what_the_journal_says(folder: Path) -> None:
    plain = process_times.read(folder)
    assert len(plain.rows) == len(CASES) * len(NAMES)
    assert len(plain.times) == (len(plain.rows) - 1) * PROCESSES
    assert len(plain.joules) == len(plain.rows)
    runs.write_tables_of(folder)
    again = process_times.read(folder)
    order = ["case_key", "implementation", "process"]
    merged = plain.times.merge(again.times, on=order)
    assert len(merged) == len(plain.times)
    assert merged["time_s_x"].tolist() == merged["time_s_y"].tolist()
    assert again.rows["status"].tolist() == plain.rows["status"].tolist()
    # Only ok rows have a line of energy in the tables.
    assert len(again.joules) == len(plain.joules) - 1


def test_tables_that_cannot_be_read_are_not_read(folder: Path) -> None:
    runs.write_tables_of(folder)
    for table in folder.glob("*.parquet"):
        table.write_bytes(b"not a table")
    assert len(process_times.read(folder).rows) == len(CASES) * len(NAMES)


def test_tables_of_another_journal_are_not_read(folder: Path) -> None:
    """Whatever the clock of the file system says."""
    runs.write_tables_of(folder)
    record = next(r for r in journal.read(folder) if "rows" in r)
    journal.append(folder, {**record, "key": "new"})
    os.utime(folder / journal.FILE_NAME, ns=(0, 0))
    assert len(process_times.read(folder).rows) == (len(CASES) + 1) * len(NAMES)


def test_samples_of_all_visits_count(folder: Path) -> None:
    before = process_times.read(folder).times
    record = next(r for r in journal.read(folder) if "rows" in r)
    journal.append(folder, {**record, "samples": {"torch": {"process": [0, 0, 9], "time_s": [1.0, 1.0, 3.0]}}})
    times = process_times.read(folder).times
    own = times[(times["case_key"] == record["key"]) & (times["implementation"] == "torch")]
    assert len(own) == PROCESSES + 1
    # The median of one small time and two of 1 s.
    assert own[own["process"] == 0]["time_s"].item() == 1.0
    assert len(times) == len(before) + 1


def test_a_record_of_another_form_is_damage(tmp_path: Path) -> None:
    folder = write_run(tmp_path, 1)
    journal.append(folder, {"key": "k", "rows": [], "samples": {"torch": {"process": [0], "time_s": []}}})
    with pytest.raises(InfrastructureError, match=r"record 7 is damaged: .*processes of 1 sample beside 0 times"):
        process_times.read(folder)
