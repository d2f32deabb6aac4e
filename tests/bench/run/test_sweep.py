"""Whole sweeps with a crew that measures nothing: crews, joules, and the contents of the run's folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest

from bench.energy.executed.form import as_dict
from bench.energy.model import PowerModel
from bench.errors import InfrastructureError, UsageError
from bench.machine.processors import allotted_cores
from bench.run.events import EnergyStarted, Event, RunStarted, VisitEnded
from bench.run.sweep import sweep
from bench.store import journal, runs
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.energy.executed.forged import MODEL as EXECUTED
from tests.bench.run.fake_crew import NAMES, SMALL, FakeCrew, channels, ignore, job_of, table, varied


def test_each_thread_count_has_a_crew_of_its_own(crews: type[FakeCrew], tmp_path: Path) -> None:
    one, two = replace(SMALL[0], threads=1), replace(SMALL[0], threads=2)
    job = job_of(one, two, replace(SMALL[1], threads=1))
    assert {threads: len(cases) for (threads, _), cases in job.by_crew().items()} == {1: 2, 2: 1}
    folder = sweep(job, tmp_path, ignore).folder
    assert [(crew.settings.threads, channels(crew)) for crew in crews.made] == [(1, [1, 2] * 3), (2, [1] * 3)]
    rows = table(folder)
    assert [row["threads"] for row in rows] == [1, 1, 1, 1, 2, 2]
    assert all(f"--threads {row['threads']}" in row["command"] for row in rows)
    visited = [one, job.cases[2]] * 3 + [two] * 3
    assert [record["key"] for record in journal.read(folder)] == [job.key_of(p) for p in visited]
    assert runs.read_meta(folder)["sampling_s"] == 4.5


@pytest.mark.usefixtures("sensor")
def test_with_a_sensor_the_base_is_sampled_and_other_rows_say_not_sampled(
    crews: type[FakeCrew], tmp_path: Path
) -> None:
    seen: list[Event] = []
    folder = sweep(job_of(*varied(2)), tmp_path, seen.append).folder
    (task,) = crews.made[0].sampled
    assert (task.case, task.implementations) == (SMALL[0].case, NAMES)
    # The folder is known before the first visit: from then on the run can be resumed.
    assert (seen[0], seen[-1]) == (RunStarted(folder), EnergyStarted(varied(2)[0], 1, 1))
    energy = runs.load(folder).energy
    assert energy.net_j.dropna().tolist() == [0.4, 0.4]
    assert energy.reason.dropna().tolist() == ["not sampled"] * 2
    assert [own["scope"] for own in runs.read_meta(folder)["own_energy"]] == ["package-0"]


@pytest.mark.usefixtures("sensor")
def test_failed_candidates_are_not_sampled(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.fails_at = 1
    sweep(job_of(*varied(1)), tmp_path, ignore)
    assert crews.made[0].sampled == []


@pytest.mark.usefixtures("sensor")
def test_a_limit_of_joules_stops_a_sweep_that_can_be_resumed(crews: type[FakeCrew], tmp_path: Path) -> None:
    job = job_of(*varied(2), energy="all")
    first = sweep(job, tmp_path, ignore, max_joules=9.0)
    assert first.is_stopped
    assert len(crews.made[0].tasks) == 3, "a reading at the beginning, one after each visit"
    assert "finished_utc" not in runs.read_meta(first.folder)
    second = sweep(job, tmp_path, ignore, resume=first.folder)
    assert not second.is_stopped
    assert len(crews.made[1].tasks) == 3
    assert [task.case for task in crews.made[1].sampled] == [planned.case for planned in job.cases]
    third = sweep(job, tmp_path, ignore, resume=first.folder)
    assert (crews.made[2].tasks, crews.made[2].sampled) == ([], []), "everything is known"
    meta = runs.read_meta(third.folder)
    assert meta["own_energy"][0]["joules"] == 12.0 + 3.0 + 3.0, "of all three sessions"


def test_a_limit_of_joules_needs_a_sensor_a_model_or_a_bracket(crews: type[FakeCrew], tmp_path: Path) -> None:
    on_gpu = replace(SMALL[0], case=replace(SMALL[0].case, device="cuda"))
    with pytest.raises(UsageError, match="--max-joules needs a sensor or a model of power"):
        sweep(job_of(on_gpu), tmp_path, ignore, max_joules=1.0)


def test_without_a_sensor_all_joules_of_a_sweep_are_ranges_of_its_class(crews: type[FakeCrew], tmp_path: Path) -> None:
    folder = sweep(job_of(SMALL[0]), tmp_path, ignore).folder
    energy, meta = runs.load(folder).energy, runs.read_meta(folder)
    power = BRACKET.power_w(1)
    assert energy.low_j.tolist() == pytest.approx([power.low] * 2)
    assert energy.high_j.tolist() == pytest.approx([power.high] * 2)
    assert energy[["gross_j", "net_j", "modelled_j"]].isna().all(axis=None)
    assert set(energy.bracket_class) == {"Forged servers"}
    assert meta["energy"]["bracket"] == BRACKET.as_dict()
    (own,) = meta["own_energy"]
    assert (own["method"], own["source"], own["joules"]) == ("bracket", "Forged servers, 20 machines", None)
    assert 0 < own["low_j"] < own["high_j"]


def test_the_high_end_of_a_bracket_stops_a_sweep(crews: type[FakeCrew], tmp_path: Path) -> None:
    # Less than a microsecond at this power.
    ended = sweep(job_of(*varied(2)), tmp_path, ignore, max_joules=1e-6)
    assert ended.is_stopped
    assert len(crews.made[0].tasks) == 1


def test_a_model_of_power_is_kept_with_the_run(crews: type[FakeCrew], tmp_path: Path) -> None:
    model = PowerModel(60.0, 180.0, 16, 2, "somebody")
    folder = sweep(replace(job_of(SMALL[0]), power=model), tmp_path, ignore).folder
    energy = runs.load(folder).energy
    # One thread of two cores: an eighth of the socket, half of it busy.
    assert energy.modelled_j.tolist() == pytest.approx([(60 + 120 / 2) / 8] * 2)
    assert energy.gross_j.isna().all()
    assert set(energy.reason) == {"no sensor"}
    assert runs.read_meta(folder)["energy"]["allotted_cores"] == allotted_cores()


def test_a_model_of_executed_work_is_kept_with_the_run_whose_own_joules_stay_bracketed(
    crews: type[FakeCrew], tmp_path: Path
) -> None:
    folder = sweep(replace(job_of(SMALL[0]), executed=EXECUTED), tmp_path, ignore).folder
    energy, meta = runs.load(folder).energy, runs.read_meta(folder)
    assert meta["energy"]["executed"] == as_dict(EXECUTED)
    assert (meta["energy"]["bracket"], [own["method"] for own in meta["own_energy"]]) == (None, ["bracket"])
    # The forged machine has no cache levels.
    assert set(energy.method) == {"unavailable"}
    assert energy.reason.str.startswith("no sensor; not modelled: ").all()


@pytest.mark.usefixtures("sensor")
def test_an_interrupted_sweep_keeps_its_own_joules(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.interrupts_at = 3
    with pytest.raises(KeyboardInterrupt):
        sweep(job_of(), tmp_path, ignore)
    meta = runs.read_meta(runs.latest(tmp_path))
    assert (meta["own_energy"][0]["joules"], "finished_utc" in meta) == (3.0, False)


@pytest.mark.parametrize("event", [RunStarted, VisitEnded])
def test_a_run_whose_folder_is_removed_is_an_error_of_the_surroundings(
    crews: type[FakeCrew], tmp_path: Path, event: type[Event]
) -> None:
    def remove(step: Event) -> None:
        if isinstance(step, event):
            rmtree(tmp_path / "results", ignore_errors=True)

    with pytest.raises(InfrastructureError, match="was removed while it was measured; to measure again: a new sweep"):
        sweep(job_of(), tmp_path / "results", remove)
    assert not (tmp_path / "results").exists()
