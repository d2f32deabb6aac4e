"""Jobs: the threads and the key of each case, and the cases that one crew measures."""

from __future__ import annotations

from dataclasses import replace

from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.identity import case_key
from bench.sweep.job import Job
from bench.tuning.value import Tuning
from bench.worker.settings import Settings
from impls import Case, ConvProblem

SMALL = PlannedCase(Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1")))
ONE, TWO = replace(SMALL, threads=1), replace(SMALL, threads=2)
OTHER = replace(PlannedCase(Case(ConvProblem.parse("mb1ic1ih1oc1kh1"))), threads=1)
EAGER = Tuning(governor="performance")
JOB = Job(Config("test", cache="cold"), (ONE, SMALL, TWO, OTHER), ("torch",), Settings(4), "again")


def test_a_case_without_threads_has_those_of_the_sweep() -> None:
    assert [JOB.threads_of(planned) for planned in JOB.cases] == [1, 4, 2, 1]


def test_the_key_has_the_threads_the_cache_and_the_settings() -> None:
    assert [JOB.key_of(planned) for planned in (ONE, SMALL)] == [case_key(SMALL.case, n, "cold") for n in (1, 4)]
    assert JOB.key_of(replace(SMALL, tuning=EAGER)) == case_key(SMALL.case, 4, "cold", tuning=EAGER)


def test_cases_are_grouped_by_crew_in_the_order_of_appearance() -> None:
    assert list(JOB.by_crew().items()) == [
        ((1, Tuning()), [ONE, OTHER]), ((4, Tuning()), [SMALL]), ((2, Tuning()), [TWO]),
    ]  # fmt: skip


def test_cases_with_other_settings_have_a_crew_of_their_own() -> None:
    eager = replace(SMALL, tuning=EAGER)
    job = replace(JOB, cases=(SMALL, eager, ONE))
    assert list(job.by_crew()) == [(4, Tuning()), (4, EAGER), (1, Tuning())]
    assert job.tunings == (Tuning(), EAGER)
