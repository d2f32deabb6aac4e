"""Sweeps under several settings of clock and power, with a crew that measures nothing, on a forged machine."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bench.errors import InfrastructureError
from bench.run import measure as measuring
from bench.run import sweep as sweeping
from bench.run.sweep import sweep
from bench.store import journal, runs, visits
from bench.sweep.cases import PlannedCase
from bench.tuning.tuner import Tuner
from bench.tuning.value import Tuning
from bench.worker.protocol import Outcome, Task
from tests.bench.run.fake_crew import SMALL, FakeCrew, ignore, job_of, table
from tests.bench.tuning.forged_machine import ForgedDriver, ForgedProcessors

SLOW, FAST = Tuning(1200, 300), Tuning(1500, 700)
EAGER = Tuning(governor="performance")


def _with(tuning: Tuning) -> PlannedCase:
    device = "cuda" if tuning.gpu_clock_mhz else "cpu"
    return replace(SMALL[0], case=replace(SMALL[0].case, device=device), tuning=tuning)


CASES = (_with(SLOW), _with(EAGER), _with(FAST), _with(Tuning()))


class Machine:
    """A forged machine, and its settings at each visit."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.processors = ForgedProcessors(folder / "machine").make()
        self.driver = ForgedDriver.installed(folder / "driver", monkeypatch)
        self.seen: list[tuple[object, ...]] = []

    @property
    def now(self) -> tuple[object, ...]:
        locked = self.driver.locked_mhz
        return None if locked is None else locked[0], self.driver.limit_mw // 1000, self.processors.read()[0]


BEFORE = (None, 650, "powersave")


@pytest.fixture
def machine(crews: type[FakeCrew], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path, monkeypatch)
    forged = partial(Tuner, root=made.processors.root, processors=made.processors.numbers, nvml=made.driver.nvml)
    for module in (sweeping, measuring):
        monkeypatch.setattr(module, "Tuner", forged)
    visit = FakeCrew.visit

    def seeing(crew: FakeCrew, task: Task, number: int, visited: Set[int]) -> list[Outcome]:
        made.seen.append(made.now)
        return visit(crew, task, number, visited)

    monkeypatch.setattr(crews, "visit", seeing)
    return made


def test_every_visit_is_made_under_the_settings_of_its_case(
    machine: Machine, crews: type[FakeCrew], tmp_path: Path
) -> None:
    folder = sweep(job_of(*CASES), tmp_path / "results", ignore).folder
    under = [(1200, 300, "powersave"), (None, 650, "performance"), (1500, 700, "powersave"), BEFORE]
    assert machine.seen == [settings for settings in under for _ in range(3)]
    assert (machine.now, len(crews.made)) == (BEFORE, 4)
    rows = {row["case_key"]: row for row in table(folder)}
    assert len(rows) == 4
    found = [case.rows[0].tuning for case in visits.read(folder).values()]
    assert found == [SLOW, EAGER, FAST, Tuning()]
    assert next(iter(rows.values()))["command"].endswith("--device cuda --set gpu_clock=1200 --set power_limit=300")


def test_ceilings_are_measured_under_each_setting(machine: Machine, crews: type[FakeCrew], tmp_path: Path) -> None:
    folder = sweep(job_of(*CASES), tmp_path / "results", ignore).folder
    found = [(one["device"], one["tuning"]) for one in runs.read_meta(folder)["calibration"]]
    assert found == [
        ("cuda", "gpu_clock=1200|power_limit=300"), ("cpu", "governor=performance"),
        ("cuda", "gpu_clock=1500|power_limit=700"), ("cpu", ""),
    ]  # fmt: skip


def test_an_interrupted_sweep_leaves_the_machine_as_it_was(
    machine: Machine, crews: type[FakeCrew], tmp_path: Path
) -> None:
    crews.interrupts_at = 2
    with pytest.raises(KeyboardInterrupt):
        sweep(job_of(*CASES), tmp_path / "results", ignore)
    assert machine.now == BEFORE


def test_a_visit_after_another_program_changed_a_setting_is_not_kept(
    machine: Machine, crews: type[FakeCrew], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = crews.visit

    def disturbed(crew: FakeCrew, task: Task, number: int, visited: Set[int]) -> list[Outcome]:
        outcomes = visit(crew, task, number, visited)
        if len(machine.seen) == 2:
            machine.driver.nvml.write(power_limit_mw=400_000)
        return outcomes

    monkeypatch.setattr(crews, "visit", disturbed)
    with pytest.raises(InfrastructureError, match="the power limit of the GPU is 400 W and not 300 W"):
        sweep(job_of(_with(SLOW)), tmp_path / "results", ignore)
    folder = runs.latest(tmp_path / "results")
    assert len(journal.read(folder)) == 1
    assert machine.now == BEFORE
    # The rest is measured by a resumed run.
    assert sweep(job_of(_with(SLOW)), tmp_path / "results", ignore, resume=folder).folder == folder
    assert len(journal.read(folder)) == 3


def test_one_problem_is_measured_under_its_setting(
    machine: Machine, crews: type[FakeCrew], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pair(crews):  # type: ignore[valid-type, misc]
        """A crew as `measure` makes it: its processes are all new."""

        def __init__(self, settings: object, processes: int) -> None:
            super().__init__(settings, processes, 0)

    monkeypatch.setattr(measuring, "Crew", Pair)
    monkeypatch.setattr(measuring, "meters", lambda: ())
    measured = measuring.measure(job_of(_with(EAGER)))
    assert set(machine.seen) == {(None, 650, "performance")}
    assert [row.governor for row in measured.cases[0]] == ["performance"] * 2
    assert (measured.calibrations[0].tuning, machine.now) == ("governor=performance", BEFORE)
