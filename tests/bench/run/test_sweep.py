"""The loop with a crew that measures nothing: who is asked for what, and what is written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.calibration.value import Calibration, Peak
from bench.cost.rates import Rates
from bench.energy.meter import Found, Reading
from bench.energy.model import PowerModel
from bench.run import rounds
from bench.run import sweep as sweeping
from bench.run.events import Sampled, Step
from bench.run.resume import job_for
from bench.run.sweep import sweep
from bench.store import journal, runs
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.job import Job
from bench.sweep.overrides import Overrides
from bench.worker.protocol import Calibrate, MeasureEnergy, Outcome, Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem

NAMES = ("direct", "torch")
SMALL = [PlannedCase(Case(ConvProblem.parse(f"mb1ic{c}ih8oc4kh3ph1"))) for c in (1, 2, 3)]
FIGURE = {"method": "counter", "source": "fake", "scope": "package-0", "gross_j": 0.5, "net_j": 0.4, "flags": []}
ENVIRONMENT = {"host": "here", "threads": 1}


class FakeCrew:
    """Samples of three processes that visit by turns, as far apart as `spread` says by channels, less each time."""

    made: list[FakeCrew]
    spread: dict[int, float]
    fails_at: int | None = None
    interrupts_at: int | None = None

    def __init__(self, settings: Settings, processes: int) -> None:
        self.settings, self.sampling_s, self.tasks, self.numbers = settings, 0.0, list[Task](), list[int]()
        self.is_open = False
        self.sampled: list[MeasureEnergy] = []
        self.made.append(self)

    def __enter__(self) -> FakeCrew:
        assert not any(crew.is_open for crew in self.made), "one crew at a time"
        self.is_open = True
        return self

    def __exit__(self, *given: object) -> None:
        self.is_open = False

    def start(self) -> dict[str, Any]:
        return {**ENVIRONMENT, "threads": self.settings.threads}

    def calibrate(self, what: Calibrate) -> Calibration:
        return Calibration(what.device, self.settings.threads, (Peak("fp32", 1e12, "forged"),))

    def energy(self, task: MeasureEnergy) -> dict[str, Any]:
        self.sampled.append(task)
        return {"energy": {name: [FIGURE] for name in task.implementations}, "rounds": []}

    def visit(self, task: Task, number: int) -> list[Outcome]:
        self.tasks.append(task)
        self.numbers.append(number)
        if self.interrupts_at == len(self.tasks):
            raise KeyboardInterrupt
        if self.fails_at == len(self.tasks):
            return [Outcome(name, "crashed", "why") for name in task.implementations]
        process = number % 3
        time_s = 1.0 + self.spread.get(task.case.problem.in_channels, 0.0) / (1 + number // 3) * process / 2
        samples = tuple(
            {"process": process, "draw": 0, "block": i, "time_s": time_s, "host_s": None, "flags": ""} for i in range(4)
        )
        self.sampling_s += 0.5
        return [Outcome(name, "ok", samples=samples) for name in task.implementations]


@pytest.fixture
def crews(monkeypatch: pytest.MonkeyPatch) -> type[FakeCrew]:
    class Fresh(FakeCrew):
        made: list[FakeCrew] = []  # noqa: RUF012
        spread: dict[int, float] = {}  # noqa: RUF012

    monkeypatch.setattr(sweeping, "Crew", Fresh)
    # Whatever this machine has, no sensor is found on it, and no power is published.
    monkeypatch.setattr(sweeping, "meters", lambda model: ())
    monkeypatch.setattr(sweeping, "assumed_power", lambda own: own)
    # A clock that every look moves on by a second: a visit takes one.
    ticks = iter(range(10**6))
    monkeypatch.setattr(rounds.time, "monotonic", lambda: float(next(ticks)))
    return Fresh


def _job(*cases: PlannedCase, **config: Any) -> Job:
    return Job(Config("test", processes=3, **config), cases or tuple(SMALL), NAMES, Settings(1), "again")


def _channels(crew: FakeCrew) -> list[int]:
    return [task.case.problem.in_channels for task in crew.tasks]


def _ignore(step: Step | Sampled) -> None:
    pass


def _rows(folder: Path) -> list[dict[str, Any]]:
    return list(runs.load(folder).measurements.to_dict("records"))


def test_each_thread_count_has_a_crew_of_its_own_one_after_another(crews: type[FakeCrew], tmp_path: Path) -> None:
    one, two = replace(SMALL[0], threads=1), replace(SMALL[0], threads=2)
    job = _job(one, two, replace(SMALL[1], threads=1))
    assert {threads: len(cases) for threads, cases in job.by_threads().items()} == {1: 2, 2: 1}
    folder = sweep(job, tmp_path, _ignore).folder
    assert [(crew.settings.threads, _channels(crew)) for crew in crews.made] == [(1, [1, 2] * 3), (2, [1] * 3)]
    rows = _rows(folder)
    assert [row["threads"] for row in rows] == [1, 1, 1, 1, 2, 2]
    assert all(f"--threads {row['threads']}" in row["command"] for row in rows)
    visited = [one, job.cases[2]] * 3 + [two] * 3
    assert [record["key"] for record in journal.read(folder)] == [job.key_of(p) for p in visited]
    assert runs.read_meta(folder)["sampling_s"] == 4.5


def test_all_cases_are_visited_by_one_process_before_any_is_by_the_next(crews: type[FakeCrew], tmp_path: Path) -> None:
    seen: list[Any] = []
    folder = sweep(_job(max_seconds=3.0), tmp_path, seen.append).folder
    (crew,) = crews.made
    assert (_channels(crew), crew.numbers) == ([1, 2, 3] * 3, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert {task.max_seconds for task in crew.tasks} == {1.0}
    assert [step.round for step in seen] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [(row["blocks"], row["processes"]) for row in _rows(folder)] == [(12, 3)] * 6


def test_without_a_budget_the_unsure_are_not_visited_again(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.spread.update({1: 1.0, 2: 1.0})
    sweep(_job(max_seconds=3.0), tmp_path, _ignore)
    assert len(crews.made[0].tasks) == 9


def test_a_budget_goes_where_intervals_are_widest_until_it_is_spent(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.spread.update({2: 0.9})
    seen: list[Any] = []
    folder = sweep(_job(budget_s=12.0, max_seconds=6.0), tmp_path, seen.append).folder
    (crew,) = crews.made
    # Half the budget over three cases and three rounds; then what is left of it, at most a process's share at a time.
    after = [1.0 * (2 / 3)] * 9 + [2.0, 2.0, 1.0]
    assert (_channels(crew), [t.max_seconds for t in crew.tasks]) == ([1, 2, 3] * 3 + [2] * 3, pytest.approx(after))
    assert [step.planned.case.problem.in_channels for step in seen] == _channels(crew)
    assert [step.round for step in seen[9:]] == [None] * 3
    (row, _) = (r for r in _rows(folder) if "ic2" in r["descriptor"])
    samples = runs.load(folder).samples
    assert (row["blocks"], row["processes"]) == (24, 3)
    assert sorted(set(samples[samples.case_key == row["case_key"]].draw)) == [0, 1]


def test_a_budget_ends_when_everything_is_sure(crews: type[FakeCrew], tmp_path: Path) -> None:
    sweep(_job(budget_s=1000.0), tmp_path, _ignore)
    assert _channels(crews.made[0]) == [1, 2, 3] * 3


@pytest.mark.parametrize("fails_at", [2, 5])
def test_a_visit_that_fails_makes_the_row_fail_and_is_the_last(
    crews: type[FakeCrew], tmp_path: Path, fails_at: int
) -> None:
    crews.fails_at = fails_at
    seen: list[Any] = []
    folder = sweep(_job(), tmp_path, seen.append).folder
    failed = [row for row in _rows(folder) if "ic2" in row["descriptor"]]
    assert [(row["status"], row["reason"]) for row in failed] == [("crashed", "why")] * 2
    assert all(row["time_s"] != row["time_s"] for row in failed)
    assert not set(runs.load(folder).samples.case_key) & {row["case_key"] for row in failed}
    visits = _channels(crews.made[0]).count(2)
    assert visits == (fails_at + 1) // 3
    assert [step.added is None for step in seen if "ic2" in step.rows[0].descriptor] == [i >= visits for i in range(3)]


def test_what_fails_in_one_process_is_not_tried_in_the_next(crews: type[FakeCrew], tmp_path: Path) -> None:
    def visit(self: FakeCrew, task: Task, number: int) -> list[Outcome]:
        outcomes = FakeCrew.visit(self, task, number)
        return [Outcome(o.implementation, "failed", "why") if o.implementation == "direct" else o for o in outcomes]

    crews.visit = visit  # type: ignore[method-assign]
    folder = sweep(_job(SMALL[0]), tmp_path, _ignore).folder
    assert [task.implementations for task in crews.made[0].tasks] == [NAMES, ("torch",), ("torch",)]
    assert [(row["implementation"], row["status"]) for row in _rows(folder)] == [("direct", "failed"), ("torch", "ok")]


@pytest.mark.parametrize(("interrupts_at", "then"), [(2, [2, 3, *[1, 2, 3] * 2, 2]), (6, [3, 1, 2, 3, 2]), (10, [2])])
def test_an_interrupted_sweep_goes_on_where_it_was(
    crews: type[FakeCrew], tmp_path: Path, interrupts_at: int, then: list[int]
) -> None:
    crews.spread[2] = 0.9
    crews.interrupts_at = interrupts_at
    job = _job(budget_s=10.0, max_seconds=6.0)
    with pytest.raises(KeyboardInterrupt):
        sweep(job, tmp_path, _ignore)
    crews.interrupts_at = None
    folder = runs.latest(tmp_path)
    before = len(journal.read(folder))
    assert sweep(job, tmp_path, _ignore, resume=folder).folder == folder
    assert before == interrupts_at - 1
    assert _channels(crews.made[1]) == then
    assert len(journal.read(folder)) == 10, "three rounds, and one more visit"


def test_only_a_run_that_has_ended_is_finished(crews: type[FakeCrew], tmp_path: Path) -> None:
    job = _job(SMALL[0], budget_s=5.0, devices=("cpu",), base=SMALL[0].case.problem.descriptor)
    folder = sweep(job, tmp_path, _ignore).folder
    with pytest.raises(ValueError, match="is finished"):
        job_for("quick", Overrides(), Rates(), "again", folder)
    meta = runs.read_meta(folder)
    runs.write_meta(folder, {key: value for key, value in meta.items() if key != "finished_utc"})
    assert job_for("quick", Overrides(), Rates(), "again", folder).config.budget_s == 5.0


class Sensor:
    """Every reading is 3 J further on."""

    source, method, device, scopes, gain_rel = "fake", "counter", "cpu", ("package-0",), None

    def __init__(self) -> None:
        self.joules = 0.0

    def read(self) -> Reading:
        self.joules += 3.0
        return Reading(0.0, {"package-0": self.joules})

    def close(self) -> None:
        pass


@pytest.fixture
def sensor(crews: type[FakeCrew], monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found("fake", "cpu", "counter", ("package-0",), open=Sensor)  # type: ignore[arg-type]
    monkeypatch.setattr(sweeping, "meters", lambda model: (found,))


@pytest.mark.usefixtures("sensor")
def test_where_there_is_a_sensor_the_base_is_sampled_and_the_rest_says_so(
    crews: type[FakeCrew], tmp_path: Path
) -> None:
    seen: list[Step | Sampled] = []
    folder = sweep(_job(*_varied(2)), tmp_path, seen.append).folder
    (task,) = crews.made[0].sampled
    assert (task.case, task.implementations) == (SMALL[0].case, NAMES)
    assert seen[-1] == Sampled(_varied(2)[0], 1, 1)
    energy = runs.load(folder).energy
    assert energy.net_j.dropna().tolist() == [0.4, 0.4]
    assert energy.reason.dropna().tolist() == ["not sampled"] * 2
    assert [own["scope"] for own in runs.read_meta(folder)["own_energy"]] == ["package-0"]


def _varied(count: int) -> list[PlannedCase]:
    return [replace(planned, points=((("channels", "1"),),)) for planned in SMALL[:count]]


@pytest.mark.usefixtures("sensor")
def test_what_failed_is_not_sampled(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.fails_at = 1
    sweep(_job(*_varied(1)), tmp_path, _ignore)
    assert crews.made[0].sampled == []


@pytest.mark.usefixtures("sensor")
def test_a_limit_of_joules_stops_a_sweep_that_can_be_resumed(crews: type[FakeCrew], tmp_path: Path) -> None:
    job = _job(*_varied(2), energy="all")
    first = sweep(job, tmp_path, _ignore, max_joules=9.0)
    assert first.is_stopped
    assert len(crews.made[0].tasks) == 3, "a reading at the beginning, one after each visit"
    assert "finished_utc" not in runs.read_meta(first.folder)
    second = sweep(job, tmp_path, _ignore, resume=first.folder)
    assert not second.is_stopped
    assert len(crews.made[1].tasks) == 3
    assert [task.case for task in crews.made[1].sampled] == [planned.case for planned in job.cases]
    third = sweep(job, tmp_path, _ignore, resume=first.folder)
    assert (crews.made[2].tasks, crews.made[2].sampled) == ([], []), "everything is known"
    meta = runs.read_meta(third.folder)
    assert meta["own_energy"][0]["joules"] == 12.0 + 3.0 + 3.0, "of all three sessions"


def test_a_limit_of_joules_needs_something_to_read(crews: type[FakeCrew], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--max-joules needs a sensor or a model of power"):
        sweep(_job(), tmp_path, _ignore, max_joules=1.0)


def test_a_model_is_kept_with_the_run(crews: type[FakeCrew], tmp_path: Path) -> None:
    model = PowerModel(60.0, 180.0, 16, 2, "somebody")
    folder = sweep(replace(_job(SMALL[0]), power=model), tmp_path, _ignore).folder
    energy = runs.load(folder).energy
    # One thread of two cores: an eighth of the socket, half of it busy.
    assert energy.modelled_j.tolist() == pytest.approx([(60 + 120 / 2) / 8] * 2)
    assert energy.gross_j.isna().all()
    assert set(energy.reason) == {"no sensor"}


@pytest.mark.usefixtures("sensor")
def test_an_interrupted_sweep_keeps_what_it_used(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.interrupts_at = 3
    with pytest.raises(KeyboardInterrupt):
        sweep(_job(), tmp_path, _ignore)
    meta = runs.read_meta(runs.latest(tmp_path))
    assert (meta["own_energy"][0]["joules"], "finished_utc" in meta) == (3.0, False)


@pytest.mark.usefixtures("sensor")
def test_a_run_whose_last_joules_were_torn_off_is_not_finished(crews: type[FakeCrew], tmp_path: Path) -> None:
    base = SMALL[0].case.problem.descriptor
    job = _job(SMALL[0], devices=("cpu",), base=base)
    folder = sweep(job, tmp_path, _ignore).folder
    with pytest.raises(ValueError, match="is finished"):
        job_for("quick", Overrides(), Rates(), "again", folder)
    file = folder / journal.FILE_NAME
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    assert job_for("quick", Overrides(), Rates(), "again", folder).config == replace(job.config, implementations=NAMES)


def test_a_run_of_schema_1_2_had_all_processes_in_one_visit(crews: type[FakeCrew], tmp_path: Path) -> None:
    job = _job(SMALL[0], devices=("cpu",), base=SMALL[0].case.problem.descriptor)
    folder = sweep(job, tmp_path, _ignore).folder
    *_, last = journal.read(folder)
    (folder / journal.FILE_NAME).unlink()
    journal.append(folder, last)
    with pytest.raises(ValueError, match="is finished"):
        job_for("quick", Overrides(), Rates(), "again", folder)
