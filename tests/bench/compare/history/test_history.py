"""The history of a machine: its own runs in order, what all rows share, and what changed with a step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.compare.history.history import history, shared_levels
from bench.compare.history.timeline import folders_in, machine_key, read
from bench.errors import UsageError
from bench.store import runs
from tests.bench.compare.history.forged_runs import MACHINE, logs, write, write_all

NAMES = [f"impl{n:02}" for n in range(12)]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_a_step_names_the_version_that_changed_with_it(tmp_path: Path, rng: np.random.Generator) -> None:
    pytest.importorskip("ruptures", reason="ruptures is not installed: pip install ruptures")
    table = logs(rng, 20, len(NAMES))
    table[12:, 4] += np.log(1.2)
    made = write_all(tmp_path, table, NAMES, 12, torch="2.14.0")
    found = history((), tmp_path)
    (step,) = found.steps
    assert (step.case_key, step.implementation) == ("k|cpu", "impl04")
    assert step.low < 1.2 < step.high
    assert (step.before, step.after) == (str(made[11]), str(made[12]))
    assert [(one.name, one.old, one.new) for one in step.changed] == [("torch", "2.13.0", "2.14.0")]
    data = found.as_dict()
    assert data["steps"][0]["changed"] == [{"name": "torch", "old": "2.13.0", "new": "2.14.0"}]
    assert len(data["runs"]) == len(data["together"]) == len(data["series"][0]["time_s"]) == 20


def test_a_change_of_everything_is_one_step(tmp_path: Path, rng: np.random.Generator) -> None:
    pytest.importorskip("ruptures", reason="ruptures is not installed: pip install ruptures")
    table = logs(rng, 20, len(NAMES))
    table[8:] += np.log(1.1)
    write_all(tmp_path, table, NAMES)
    (step,) = history((), tmp_path).steps
    assert (step.case_key, step.implementation) == (None, None)
    assert step.ratio == pytest.approx(1.1, abs=0.03)
    assert step.after_utc == "2026-01-09T12:00:00Z"


def test_runs_are_in_the_order_of_time_and_of_one_machine(tmp_path: Path) -> None:
    days = [5, 1, 3]
    for day in days:
        write(tmp_path, day, {"x": 1.0 + day})
    write(tmp_path, 9, {"x": 99.0}, threads=4)
    found = read(folders_in(tmp_path), "2 threads")
    assert np.exp(found.logs[:, 0]).tolist() == pytest.approx([2.0, 4.0, 6.0])
    assert dict(found.others) == {"Example CPU, 8 cores, 4 threads": 1}
    # By default the machine of the newest run.
    assert read(folders_in(tmp_path)).machine == "Example CPU, 8 cores, 4 threads"


def test_libraries_do_not_make_a_machine() -> None:
    assert machine_key(MACHINE) == machine_key({**MACHINE, "torch": "3.0", "host": "other"})
    assert machine_key(MACHINE) != machine_key({**MACHINE, "gpu": "H100"})
    assert machine_key({}) == "unknown processor, unknown cores, unknown threads"


def test_what_cannot_be_read_is_left_out_and_said(tmp_path: Path) -> None:
    write(tmp_path, 1, {"x": 1.0})
    damaged = write(tmp_path, 2, {"x": 1.0})
    (damaged / "journal.jsonl").write_text("{}\n")
    side = write(tmp_path, 3, {"x": 1.0})
    runs.write_meta(side, {**runs.read_meta(side), "duet": {"side": "A"}})
    newer = write(tmp_path, 4, {"x": 1.0})
    runs.write_meta(newer, {**runs.read_meta(newer), "schema_version": "2.99"})
    empty = runs.create(tmp_path, "empty", {"environment": MACHINE})
    found = read(folders_in(tmp_path))
    assert len(found.runs) == 1
    assert len(found.left_out) == 4
    said = "\n".join(found.left_out)
    assert f"{side} is a side of a duet" in said
    assert f"{empty} has no row with a time" in said
    assert "newer convcost" in said
    assert "damaged" in said


def test_a_row_that_some_runs_lack_is_missing_there(tmp_path: Path) -> None:
    write(tmp_path, 1, {"x": 1.0, "y": 2.0})
    write(tmp_path, 2, {"y": 3.0})
    found = read(folders_in(tmp_path))
    assert found.rows == (("k|cpu", "x"), ("k|cpu", "y"))
    assert np.isnan(found.logs[1, 0])


def test_levels_are_of_rows_that_many_runs_have(rng: np.random.Generator) -> None:
    table = rng.normal(size=(8, 12)) * 0.001
    table[5] += 0.3
    table[6, :6] = np.nan
    levels = shared_levels(table)
    assert levels is not None
    assert levels.tolist() == pytest.approx([0, 0, 0, 0, 0, 0.3, 0, 0], abs=0.01)
    assert shared_levels(table[:, :9]) is None


@pytest.mark.parametrize(
    ("machine", "sentence"),
    [
        (None, "there are 3 runs of Example CPU, 8 cores, 2 threads; steps are found in at least 6: measure more"),
        ("EPYC", "--machine 'EPYC' fits 0 machines; give a part of one of these: Example CPU, 8 cores, 2 threads"),
    ],
)
def test_too_little_is_one_sentence(tmp_path: Path, machine: str | None, sentence: str) -> None:
    for day in range(3):
        write(tmp_path, day, {"x": 1.0})
    with pytest.raises(UsageError, match=sentence):
        history((), tmp_path, machine)


def test_a_folder_without_runs_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no run in"):
        history((), tmp_path)
    (tmp_path / "x").mkdir()
    with pytest.raises(UsageError, match=r"none of 1 runs can be read; the first: .* is not a run"):
        history([tmp_path / "x"], tmp_path)
