"""The loop with a crew that measures nothing: who is asked for what, and what is written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import run
from bench.calibration.value import Calibration, Peak
from bench.orders import Choices
from bench.run import Order, by_threads, key_of, sweep
from bench.store import journal, runs
from bench.store.schema import Row
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweeping import order_for
from bench.worker.crew import Merged
from bench.worker.protocol import Calibrate, Outcome, Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem

NAMES = ("direct", "torch")
SMALL = [PlannedCase(Case(ConvProblem.parse(f"mb1ic{c}ih8oc4kh3ph1"))) for c in (1, 2, 3)]
ENVIRONMENT = {"host": "here", "threads": 1}


class FakeCrew:
    """Samples of three processes, as wide as `spread` says by channels; the first visit to each case has a wide one."""

    made: list[FakeCrew]
    spread: dict[int, float]
    fails_at: int | None = None
    interrupts_at: int | None = None

    def __init__(self, settings: Settings, processes: int) -> None:
        self.settings, self.sampling_s, self.tasks = settings, 0.0, list[Task]()
        self.is_open = False
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

    def run(self, task: Task) -> list[Merged]:
        self.tasks.append(task)
        visits = sum(t.case == task.case for t in self.tasks)
        if self.interrupts_at == len(self.tasks):
            raise KeyboardInterrupt
        if self.fails_at == len(self.tasks):
            return [Merged(Outcome(name, "crashed", "why")) for name in task.implementations]
        spread = self.spread.get(task.case.problem.in_channels, 0.0) / visits
        times = [(1.0 + spread * p / 2, p) for p in range(3) for _ in range(4)]
        samples = tuple(
            {"process": p, "draw": 0, "block": i, "time_s": t, "host_s": None, "flags": ""}
            for i, (t, p) in enumerate(times)
        )
        self.sampling_s += 0.5
        return [Merged(Outcome(name, "ok"), samples) for name in task.implementations]


@pytest.fixture
def crews(monkeypatch: pytest.MonkeyPatch) -> type[FakeCrew]:
    class Fresh(FakeCrew):
        made: list[FakeCrew] = []  # noqa: RUF012
        spread: dict[int, float] = {}  # noqa: RUF012

    monkeypatch.setattr(run, "Crew", Fresh)
    # A clock that every look moves on by a second: a visit takes one.
    ticks = iter(range(10**6))
    monkeypatch.setattr(run.time, "monotonic", lambda: float(next(ticks)))
    return Fresh


def _order(*cases: PlannedCase, **config: Any) -> Order:
    return Order(Config("test", processes=3, **config), cases or tuple(SMALL), NAMES, Settings(1), "again")


def _channels(crew: FakeCrew) -> list[int]:
    return [task.case.problem.in_channels for task in crew.tasks]


def _ignore(planned: PlannedCase, rows: list[Row]) -> None:
    pass


def _rows(folder: Path) -> list[dict[str, Any]]:
    return list(runs.load(folder).measurements.to_dict("records"))


def test_each_thread_count_has_a_crew_of_its_own_one_after_another(crews: type[FakeCrew], tmp_path: Path) -> None:
    one, two = replace(SMALL[0], threads=1), replace(SMALL[0], threads=2)
    order = _order(one, two, replace(SMALL[1], threads=1))
    assert {threads: len(cases) for threads, cases in by_threads(order).items()} == {1: 2, 2: 1}
    folder = sweep(order, tmp_path, _ignore)
    assert [(crew.settings.threads, _channels(crew)) for crew in crews.made] == [(1, [1, 2]), (2, [1])]
    rows = _rows(folder)
    assert [row["threads"] for row in rows] == [1, 1, 1, 1, 2, 2]
    assert all(f"--threads {row['threads']}" in row["command"] for row in rows)
    assert [record["key"] for record in journal.read(folder)] == [key_of(p, order) for p in (one, order.cases[2], two)]
    assert runs.read_meta(folder)["sampling_s"] == 1.5


def test_without_a_budget_every_case_is_visited_once(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.spread.update({1: 1.0, 2: 1.0})
    sweep(_order(max_seconds=3.0), tmp_path, _ignore)
    assert [(t.case.problem.in_channels, t.max_seconds) for t in crews.made[0].tasks] == [(1, 3.0), (2, 3.0), (3, 3.0)]


def test_a_budget_goes_where_intervals_are_widest_until_it_is_spent(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.spread.update({1: 0.02, 2: 0.9})
    seen: list[PlannedCase] = []
    folder = sweep(_order(budget_s=6.0, max_seconds=4.0), tmp_path, lambda planned, rows: seen.append(planned))
    (crew,) = crews.made
    assert (_channels(crew), [t.max_seconds for t in crew.tasks]) == (
        [1, 2, 3, 2, 2, 2],
        [1.0, 1.0, 1.0, 3.0, 2.0, 1.0],
    )
    assert [p.case.problem.in_channels for p in seen] == _channels(crew)
    (row, _) = (r for r in _rows(folder) if "ic2" in r["descriptor"])
    samples = runs.load(folder).samples
    assert (row["blocks"], row["processes"]) == (48, 3)
    assert sorted(set(samples[samples.case_key == row["case_key"]].draw)) == [0, 1, 2, 3]


def test_a_budget_ends_when_everything_is_sure(crews: type[FakeCrew], tmp_path: Path) -> None:
    sweep(_order(budget_s=1000.0), tmp_path, _ignore)
    assert _channels(crews.made[0]) == [1, 2, 3]


def test_a_visit_that_fails_makes_the_row_fail(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.spread[2] = 0.9
    crews.fails_at = 4
    folder = sweep(_order(budget_s=1000.0), tmp_path, _ignore)
    failed = [row for row in _rows(folder) if "ic2" in row["descriptor"]]
    assert [(row["status"], row["reason"]) for row in failed] == [("crashed", "why")] * 2
    assert all(row["time_s"] != row["time_s"] for row in failed)
    assert not set(runs.load(folder).samples.case_key) & {row["case_key"] for row in failed}


@pytest.mark.parametrize(("interrupts_at", "then"), [(2, [2, 3, 2, 2]), (5, [2, 2])])
def test_an_interrupted_budget_goes_on_where_it_was(
    crews: type[FakeCrew], tmp_path: Path, interrupts_at: int, then: list[int]
) -> None:
    crews.spread[2] = 0.9
    crews.interrupts_at = interrupts_at
    order = _order(budget_s=5.0, max_seconds=4.0)
    with pytest.raises(KeyboardInterrupt):
        sweep(order, tmp_path, _ignore)
    crews.interrupts_at = None
    folder = runs.latest(tmp_path)
    before = len(journal.read(folder))
    assert sweep(order, tmp_path, _ignore, resume=folder) == folder
    assert before == interrupts_at - 1
    done = [record["key"] for record in journal.read(folder)]
    assert len(done) == 5, "three first visits, and two more"
    assert _channels(crews.made[1]) == then[: 5 - before]


def test_only_a_run_that_has_ended_is_finished(crews: type[FakeCrew], tmp_path: Path) -> None:
    order = _order(SMALL[0], budget_s=5.0, devices=("cpu",), base=SMALL[0].case.problem.descriptor)
    folder = sweep(order, tmp_path, _ignore)
    with pytest.raises(ValueError, match="is finished"):
        order_for("quick", Choices(), "again", folder)
    meta = runs.read_meta(folder)
    runs.write_meta(folder, {key: value for key, value in meta.items() if key != "finished_utc"})
    assert order_for("quick", Choices(), "again", folder).config.budget_s == 5.0
