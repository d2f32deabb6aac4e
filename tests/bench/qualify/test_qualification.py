"""The whole qualification with forged runs: their times, Ctrl-C, the file, and the real path with real workers."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from bench.errors import InfrastructureError, Interrupted
from bench.machine.bursts import one_busy_core
from bench.qualify import qualification, twin_runs
from bench.qualify.questions import CONVOLUTIONS, TWINS, Effort
from bench.qualify.shown import Shown
from bench.qualify.twin_runs import TwinRun
from bench.worker.settings import Settings
from tests.bench.qualify.forged_runs import twin_run


def test_the_busy_core_works_and_ends() -> None:
    # Other tests of this process may have left children.
    others = set(psutil.Process().children())
    with one_busy_core(3):
        (child,) = set(psutil.Process().children()) - others
        deadline = time.monotonic() + 20
        while child.cpu_times().user < 0.05 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert child.cpu_times().user >= 0.05
    assert not child.is_running()


class Forged:
    """Forged runs of a minute each on a clock of ours; `interrupt_at` is the run that Ctrl-C ends."""

    def __init__(self) -> None:
        self.now, self.starts, self.conditions = 1000.0, list[float](), list[str]()
        self.interrupt_at: int | None = None
        self.progress: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def run(
        self, number: int, condition: str, effort: Effort, settings: Settings, device: str, began: float, seed: int
    ) -> TwinRun:
        if number == self.interrupt_at:
            raise Interrupted
        self.starts.append(self.now - began)
        self.conditions.append(condition)
        self.now += 60.0
        return twin_run(number, condition, pace=1 + number / 100)

    def qualify(self, effort: Effort) -> qualification.Qualification:
        return qualification.qualify(effort, Settings(1), 0, self.progress.append)


@pytest.fixture
def forged(monkeypatch: pytest.MonkeyPatch) -> Forged:
    world = Forged()
    monkeypatch.setattr(twin_runs, "run", world.run)
    monkeypatch.setattr(qualification, "environment_of", lambda settings: {"host": "forged"})
    monkeypatch.setattr(qualification, "_now", lambda: world.now)
    monkeypatch.setattr(qualification, "_sleep", world.sleep)
    return world


def test_runs_are_spread_over_the_time(forged: Forged) -> None:
    found = forged.qualify(Effort(3, 3, spread_s=3600.0))
    assert sorted(forged.conditions) == ["busy"] * 3 + ["quiet"] * 3
    # The last run begins a run before the end of the hour.
    assert forged.starts == pytest.approx([0.0, *(n * 3540 / 5 for n in range(1, 6))])
    assert found.wall_s == pytest.approx(3600.0)
    assert found.is_whole


def test_runs_longer_than_their_share_follow_each_other(forged: Forged) -> None:
    forged.qualify(Effort(2, 2, spread_s=100.0))
    assert forged.starts == pytest.approx([0.0, 60.0, 120.0, 180.0])


def test_each_run_is_reported_with_the_time_that_is_left(forged: Forged) -> None:
    forged.qualify(Effort(2, 0))
    assert forged.progress == ["run 1 of 2: quiet, 60 s; 1 min left", "run 2 of 2: quiet, 60 s"]
    forged.progress.clear()
    forged.qualify(Effort(2, 0, spread_s=3600.0))
    assert forged.progress[0] == "run 1 of 2: quiet, 60 s; 59 min left"


def test_ctrl_c_keeps_the_finished_runs(forged: Forged) -> None:
    forged.interrupt_at = 2
    found = forged.qualify(Effort(3, 1))
    assert (len(found.runs), found.planned, found.is_whole) == (2, 4, False)
    assert found.summaries
    with pytest.raises(Interrupted) as raised:
        qualification.require_whole(found)
    assert raised.value.advice == "the figures are of 2 of 4 runs"


def test_ctrl_c_in_the_first_run_leaves_nothing(forged: Forged) -> None:
    forged.interrupt_at = 0
    with pytest.raises(Interrupted):
        forged.qualify(Effort(1, 0))


def test_the_file_can_be_read_back(forged: Forged, tmp_path: Path) -> None:
    found = forged.qualify(Effort(4, 0))
    data = json.loads(qualification.store(found, tmp_path).read_text(encoding="utf-8"))
    columns = data["shown"]
    lines = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    assert [Shown(**line) for line in lines] == found.shown
    # Paces of 1.00, 1.01, 1.02 and 1.03.
    assert data["threshold"]["time_s"]["p95"]["value"] == pytest.approx(0.03, abs=1e-3)
    assert data["threshold"]["time_fast_s"]["p95"]["value"] == 0
    assert data["repeats_better"] == "time_fast_s"
    assert [run["run"] for run in data["runs"]] == [0, 1, 2, 3]
    assert data["format_version"] == "2.0"


def test_a_folder_that_cannot_be_written_is_an_infrastructure_error(forged: Forged, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = forged.qualify(Effort(1, 0))
    with pytest.raises(InfrastructureError, match="cannot be written"):
        qualification.store(found, tmp_path / "file")


@pytest.mark.full
@pytest.mark.slow
def test_a_run_goes_through_real_workers() -> None:
    effort = Effort(1, 0, convolutions=CONVOLUTIONS[:1], candidate_s=0.05, processes=2)
    found = twin_runs.run(0, "quiet", effort, Settings(1), "cpu", 0.0)
    assert found.faults == ()
    for method in ("convcost", "Timer"):
        assert {s.implementation for s in found.shown if s.method == method} == set(TWINS)
    assert {name for _, name in found.overshoots} == {name for name in TWINS if name.startswith("slower")}


@pytest.mark.full
def test_a_dying_process_is_an_infrastructure_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin_runs, "_RATIOS", "nothing.here:ratios")
    effort = Effort(1, 0, convolutions=CONVOLUTIONS[:1], candidate_s=0.05, processes=1)
    with pytest.raises(InfrastructureError, match="nothing"):
        twin_runs.run(0, "quiet", effort, Settings(1), "cpu", 0.0)
