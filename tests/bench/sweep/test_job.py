"""Jobs: the threads and the key of each case, and the order of the thread counts."""

from __future__ import annotations

from dataclasses import replace

from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.identity import case_key
from bench.sweep.job import Job
from bench.worker.settings import Settings
from impls import Case, ConvProblem

SMALL = PlannedCase(Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1")))
ONE, TWO = replace(SMALL, threads=1), replace(SMALL, threads=2)
OTHER = replace(PlannedCase(Case(ConvProblem.parse("mb1ic1ih1oc1kh1"))), threads=1)
JOB = Job(Config("test", cache="cold"), (ONE, SMALL, TWO, OTHER), ("torch",), Settings(4), "again")


def test_a_case_without_threads_has_those_of_the_sweep() -> None:
    assert [JOB.threads_of(planned) for planned in JOB.cases] == [1, 4, 2, 1]


def test_the_key_has_the_threads_and_the_cache() -> None:
    assert [JOB.key_of(planned) for planned in (ONE, SMALL)] == [case_key(SMALL.case, n, "cold") for n in (1, 4)]


def test_cases_are_grouped_by_crew_in_the_order_of_appearance() -> None:
    assert list(JOB.by_crew().items()) == [(1, [ONE, OTHER]), (4, [SMALL]), (2, [TWO])]
