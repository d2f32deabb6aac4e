"""`convcost sweep` with worker processes: its files, resuming, and exit codes."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.calibration.value import Calibration
from bench.cost.rates import Rates
from bench.run.events import VisitEnded
from bench.store import journal, runs
from bench.sweep.config import load
from tests.bench.commands.running import MOSTLY_PADDING, ONE, SMALL, Done, Run

SWEEP = f"""
base = "{SMALL}"
implementations = ["im2col", "torch"]
devices = ["cpu"]
max_seconds = 0.05
processes = 2
visits = 1

[axes]
kernel = [3, 1]
padding = ["same", 1]
stride = [1, 2]
"""


@pytest.fixture
def tiny(given: Path) -> Path:
    path = given / "tiny.toml"
    path.write_text(SWEEP)
    return path


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("ceilings", ["forged", "measured"])
def test_an_interrupted_sweep_is_resumed(
    convcost: Run, here: Path, tiny: Path, ceilings: str, request: pytest.FixtureRequest
) -> None:
    if ceilings == "forged":
        request.getfixturevalue("forged_ceilings")
    done = convcost("sweep", str(tiny), "--threads", "1", "--results", "runs", "--reports", "pages")
    assert done.code == 0, done.err
    (folder,) = (here / "runs").iterdir()
    whole = journal.read(folder)
    assert_complete(here, folder, whole)
    assert_answered(done, folder)
    meta = runs.read_meta(folder)

    file = folder / journal.FILE_NAME
    *lines, _end = file.read_bytes().splitlines(keepends=True)
    # The machine went down while it wrote the line of the last visit.
    runs.reopen(folder)
    file.write_bytes(b"".join(lines[:-1]) + lines[-1][:50])
    done = convcost("sweep", "--resume", str(folder), "--reports", "pages", "--json")
    assert done.code == 0, done.err
    assert (Path(done.json["run"]), Path(done.json["report"])) == (folder, Path("pages") / folder.name / "index.html")
    assert [row["status"] for row in done.json["rows"]] == ["ok"] * 6
    assert "round 1 of 2, visit 1" not in done.err
    assert file.read_bytes().splitlines(keepends=True)[: len(lines) - 1] == lines[:-1]
    resumed = journal.read(folder)
    assert [record["key"] for record in resumed] == [record["key"] for record in whole]
    assert runs.read_meta(folder)["wall_s"] > meta["wall_s"]
    # The second half uses the ceilings of the first.
    assert runs.read_meta(folder)["calibration"] == meta["calibration"]
    table = pd.read_parquet(folder / "measurements.parquet")
    assert len(table) == 6
    assert set(pd.read_parquet(folder / "samples.parquet")["case_key"]) == {record["key"] for record in whole}
    done = convcost("report", "--results", "runs", "--reports", "pages")
    assert (done.code, done.out.split()) == (0, [str(Path("pages") / folder.name / "index.html")])


def assert_answered(done: Done, folder: Path) -> None:
    """Assert that the sweep ends with its answer, within 80 columns, and with its files."""
    lines = done.out.splitlines()
    # In a pipe sentences are not wrapped.
    assert all(len(line) <= 80 for line in lines if line.startswith(("│", "┃")))
    assert [case for case in ("baseline", "kernel 1", "stride 2") if f" {case} " in done.out]
    # On a busy machine the table names no winner.
    assert "torch takes" in done.out or "took the least" in done.out
    assert "How sure: " in done.out
    assert lines[-2] == f"results: {Path('runs') / folder.name} (6 ok)"
    # Six visits, in a pipe a line each.
    assert done.err.count(", visit ") == 6


def assert_complete(here: Path, folder: Path, whole: list[dict[str, Any]]) -> None:
    """Assert that the run of SWEEP has all its visits, ceilings, metadata and pages."""
    # Kernel 3 with "same" is kernel 3 with padding 1; kernel 1 and stride 2 are further cases.
    # Two processes visit each.
    assert [len(record["rows"]) for record in whole] == [2] * 6
    assert len({record["key"] for record in whole}) == 3
    assert all(row["status"] == "ok" for record in whole for row in record["rows"])
    assert (here / "pages" / folder.name / "index.html").is_file()
    assert sorted(p.name for p in here.iterdir()) == ["pages", "runs"]
    meta = runs.read_meta(folder)
    assert (meta["command"].split()[:2], meta["settings"]["threads"]) == (["convcost", "sweep"], 1)
    assert meta["finished_utc"] >= meta["created_utc"]
    assert meta["wall_s"] > 0
    (calibration,) = map(Calibration.from_dict, meta["calibration"])
    assert (calibration.device, calibration.threads, calibration.failed) == ("cpu", 1, ())
    assert calibration.peak("fp32")
    rows = [row for record in whole[-3:] for row in record["rows"]]
    assert {row["processes"] for row in rows} == {2}
    assert all(row["peak_fraction"] > 0 for row in rows)
    # A library does not tell which FLOPs it executes.
    known = [row for row in rows if "roofline_fraction" in row]
    assert known
    assert all(0 < row["roofline_fraction"] == row["roofline_s"] / row["time_s"] for row in known)


@pytest.mark.usefixtures("forged_ceilings")
@pytest.mark.slow
def test_ctrl_c_keeps_finished_cases(convcost: Run, here: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.terminal.progress import SweepProgress

    shown = SweepProgress.__call__

    def interrupt(self: SweepProgress, step: Any) -> None:
        shown(self, step)
        if isinstance(step, VisitEnded):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(SweepProgress, "__call__", interrupt)
    done = convcost("sweep", str(tiny), "--threads", "1", "--no-energy", "--processes", "1", "--results", "elsewhere")
    assert done.code == 3
    (folder,) = (here / "elsewhere").iterdir()
    assert done.err.endswith(
        f"convcost: interrupted; its finished visits are kept; to go on:\nconvcost sweep --resume {folder}\n"
    )
    assert "Traceback" not in done.err
    assert len(journal.read(folder)) == 1


@pytest.mark.slow
def test_a_run_of_another_machine_is_not_resumed(convcost: Run, here: Path, tiny: Path) -> None:
    meta = {
        "name": "tiny",
        "configuration": {**load(str(tiny)).as_dict(), "processes": 1, "candidates": ["im2col", "torch"]},
        "settings": {"threads": 1, "load": [], "step_timeout_s": 60.0},
        "energy": {"model": None, "without": {}},
        "rates": Rates().as_dict(),
        "environment": {"host": "another machine", "cpu": "another processor", "threads": 1},
    }
    folder = runs.create(here / "results", "tiny", meta)
    done = convcost("sweep", "--resume", str(folder))
    assert done.code == 2
    assert "host 'another machine'" in done.err
    assert journal.read(folder) == []


@pytest.mark.usefixtures("forged_ceilings")
@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("descriptor", [SMALL, MOSTLY_PADDING])
def test_a_wrong_result_is_exit_code_1(convcost: Run, here: Path, given: Path, descriptor: str) -> None:
    path = given / "wrong.txt"
    path.write_text(descriptor)
    choices = ("-i", "ones", "-i", "im2col", "--load", "{given}/wrong.py")
    done = convcost("sweep", "{path}", *choices, *ONE, given=given, path=path)
    assert done.code == 1
    assert "wrong: ones" in done.err
    (folder,) = (here / "results").iterdir()
    *_, (ones, im2col) = (record["rows"] for record in journal.read(folder))
    assert (ones["status"], ones.get("time_s"), im2col["status"]) == ("wrong", None, "ok")
    assert im2col["time_s"] > 0


@pytest.mark.usefixtures("forged_ceilings")
@pytest.mark.slow
@pytest.mark.full
def test_a_finished_run_is_not_resumed(convcost: Run, here: Path, given: Path) -> None:
    choices = ("-i", "zeros", "--load", "{given}/wrong.py")
    path = given / "wrong.txt"
    path.write_text(SMALL)
    assert convcost("sweep", "{path}", *choices, *ONE, given=given, path=path).code == 1
    (folder,) = (here / "results").iterdir()
    before = (folder / "run.json").read_bytes()
    done = convcost("sweep", "--resume", str(folder), "--trust")
    assert (done.code, "is finished; to render it again: convcost report" in done.err) == (2, True)
    assert (folder / "run.json").read_bytes() == before
