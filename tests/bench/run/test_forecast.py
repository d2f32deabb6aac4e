"""The forecast of a sweep: its seconds and bytes from those of its cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.energy.terms import Terms
from bench.machine.memory import Demand, shared_bytes
from bench.run import forecast as forecasting
from bench.run.forecast import faults_of, forecast, runnable_of
from bench.run.visit_time import VisitTime
from bench.sweep.cases import PlannedCase
from bench.worker import groups
from impls import Case, ConvProblem, Implementation, Work
from tests.bench.run.fake_crew import SMALL, job_of, varied

MIB = 2**20
BLIND = Terms({"cpu": "no sensor"})
NOTHING: dict[str, Demand] = {}
LARGE = PlannedCase(Case(ConvProblem.parse("mb1ic64ih56oc64kh3ph1")))


@pytest.fixture(autouse=True)
def _round_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of samples and two of checks for a candidate; a minute for each crew and a second for each worker."""
    monkeypatch.setattr(
        forecasting, "visit_time", lambda case, names, *more: VisitTime(1.0 * len(names), 2.0 * len(names))
    )
    monkeypatch.setattr(forecasting, "_START_S", 60.0)
    monkeypatch.setattr(forecasting, "_WORKER_S", 1.0)
    monkeypatch.setattr(forecasting, "_PAGE_S", 3.0)
    monkeypatch.setattr(forecasting, "has_compiled_code", lambda: False)
    monkeypatch.setattr(forecasting, "_LIBRARIES_BYTES", 100 * MIB)
    monkeypatch.setattr(groups, "device_bytes", lambda device: 2**40)
    monkeypatch.setattr(groups, "plans_bytes", lambda device: 50 * MIB)


def test_seconds_are_samples_checks_and_start() -> None:
    job = job_of(*SMALL[:2], max_seconds=4.0)
    two = {"direct": Demand(0, 0, 0), "torch": Demand(0, 0, 0)}
    expected = forecast(job, [two, {"torch": Demand(0, 0, 0)}], BLIND)
    assert (expected.samples_s, expected.checks_s) == (3 * 3 * 1.0, 3 * 3 * 2.0)
    assert (expected.start_s, expected.energy_s, expected.is_compiled) == (66.0, 0.0, False)
    assert expected.total_s == 93.0


@pytest.mark.parametrize(
    ("budget_s", "samples_s"),
    [
        # Checks and samples share it.
        (1000.0, 1000.0 - 24.0),
        # The first visits and their checks take longer than the budget.
        (10.0, 12.0),
    ],
)
def test_a_budget_is_shared_by_samples_and_checks(budget_s: float, samples_s: float) -> None:
    job = job_of(*SMALL[:2], max_seconds=4.0, budget_s=budget_s)
    demands = [{"direct": Demand(0, 0, 0), "torch": Demand(0, 0, 0)}] * 2
    assert forecast(job, demands, BLIND).samples_s == samples_s


def test_without_a_candidate_no_budget_is_spent() -> None:
    expected = forecast(job_of(*SMALL[:2], budget_s=1000.0), [NOTHING] * 2, BLIND)
    assert (expected.samples_s, expected.checks_s) == (0.0, 0.0)


def test_each_number_of_threads_starts_a_crew() -> None:
    job = job_of(replace(SMALL[0], threads=1), replace(SMALL[0], threads=2))
    assert forecast(job, [NOTHING] * 2, BLIND).start_s == 129.0


def test_energy_counts_where_there_is_a_sensor() -> None:
    job = job_of(*varied(2), energy="base", energy_window_s=2.0, energy_windows=3)
    demands = [{"direct": Demand(0, 0, 0), "torch": Demand(0, 0, 0)}] * 2
    # Only the base: two candidates of three windows, half as long again for their edges, and a second idle twice in
    # each of three processes.
    assert forecast(job, demands, Terms()).energy_s == 2 * 3 * 2.0 * 1.5 + 3 * 2 * 1.0
    # Four windows are two in each process.
    four = job_of(*varied(2), energy="base", energy_window_s=2.0, energy_windows=4)
    assert forecast(four, demands, Terms()).energy_s == 2 * 6 * 2.0 * 1.5 + 3 * 2 * 1.0
    assert forecast(job, demands, BLIND).energy_s == 0.0


def test_memory_is_that_of_the_largest_case_and_of_the_libraries() -> None:
    job = job_of(SMALL[0], LARGE, SMALL[1])
    small = {"direct": Demand(1 * MIB, 2 * MIB, 1 * MIB)}
    large = {"fft": Demand(30 * MIB, 31 * MIB, 60 * MIB), "torch": Demand(1 * MIB, 2 * MIB, 9 * MIB)}
    expected = forecast(job, [small, large, small], BLIND)
    assert expected.largest == LARGE.case
    # All that both keep, and the larger of both passing needs.
    assert expected.case_bytes == shared_bytes(LARGE.case) + 33 * MIB + 60 * MIB
    assert expected.libraries_bytes == 400 * MIB
    assert expected.total_bytes == 400 * MIB + expected.case_bytes


def test_plans_that_do_not_fit_together_do_not_count_together() -> None:
    plans = {name: Demand(40 * MIB, 41 * MIB, 5 * MIB) for name in ("fft", "fft-tiled")}
    expected = forecast(job_of(SMALL[0]), [{**plans, "torch": Demand(0, 1 * MIB, 0)}], BLIND)
    # One of the large ones beside what the fastest of the first group may keep.
    assert expected.case_bytes == shared_bytes(SMALL[0].case) + 41 * MIB + 5 * MIB + 41 * MIB


def test_a_pair_without_room_in_memory_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The forecast was more than the usable memory: the two plans are held one after the other."""
    shared = shared_bytes(SMALL[0].case)
    monkeypatch.setattr(groups, "device_bytes", lambda device: shared + 90 * MIB)
    plans = {"direct": Demand(20 * MIB, 20 * MIB, 0), "fft": Demand(80 * MIB, 80 * MIB, 5 * MIB)}
    assert forecast(job_of(SMALL[0]), [plans], BLIND).case_bytes == shared + 85 * MIB


def test_the_larger_passing_need_of_a_pair_counts() -> None:
    plans = {"direct": Demand(20 * MIB, 20 * MIB, 30 * MIB), "fft": Demand(45 * MIB, 45 * MIB, 9 * MIB)}
    expected = forecast(job_of(SMALL[0]), [plans], BLIND)
    assert expected.case_bytes == shared_bytes(SMALL[0].case) + 65 * MIB + 30 * MIB


def test_only_candidates_that_run_a_case_count() -> None:
    one_by_one = PlannedCase(Case(ConvProblem.parse("mb1ic4ih8oc4kh1")))
    job = replace(job_of(SMALL[0], one_by_one), implementations=("direct", "winograd-f4", "cudnn"))
    assert [list(own.demands) for own in runnable_of(job)] == [["direct", "winograd-f4"], ["direct"]]


def test_a_candidate_that_raises_is_kept_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dry run left such a plug-in out in silence."""

    def refusal(implementation: Implementation, case: Case) -> tuple[str | None, Work]:
        if implementation.name == "torch" and case.problem.in_channels > 1:
            raise ValueError("no idea")
        return None, Work()

    monkeypatch.setattr(forecasting, "refusal", refusal)
    found = runnable_of(job_of())
    assert [list(one.demands) for one in found] == [["direct", "torch"], ["direct"], ["direct"]]
    (((name, error), number),) = faults_of(found).items()
    assert (name, error.partition(" (")[0], number) == ("torch", "ValueError: no idea", 2)
