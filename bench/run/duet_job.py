"""The job of a duet, from what the user typed: a sweep, a file of layers, or one problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench import format as text
from bench.compare.duet.sides import DuetSide
from bench.errors import UsageError
from bench.run.energy import find_terms
from bench.run.forecast import forecast, runnable_of
from bench.sweep import jobs, problem_texts
from bench.sweep.job import Job
from bench.sweep.overrides import Overrides
from bench.worker import DEFAULT_PROCESSES

# Someone waits for the answer to one problem, and both sides have this time.
_ONE_PROBLEM_S = 3.0
_VISITS = 3
# Two that agree by chance look sure: their t distribution has no variance.
_LEAST_PAIRS = 3


def for_duet(what: str, overrides: Overrides, sides: Sequence[DuetSide], shared: Sequence[Path], command: str) -> Job:
    """The job of both sides; `shared` are the plug-in files that both load.

    Its implementations are known by these files and those of side A; its settings have the shared files alone. Raises
    UsageError for fewer than two processes, as one pair has no scatter, and as bench.sweep.jobs does.
    """
    known = replace(overrides, load=(*shared, *sides[0].load), energy="none")
    if problem_texts.is_one_problem(what):
        # As many processes as for a sweep: a pair of them is the unit of statistics.
        processes, max_seconds = known.processes or DEFAULT_PROCESSES, known.max_seconds or _ONE_PROBLEM_S
        job = jobs.for_problem(what, replace(known, processes=processes, max_seconds=max_seconds), command)
        job = replace(job, config=replace(job.config, visits=_VISITS))
    else:
        job = jobs.for_sweep(what, known, command)
    if job.config.processes < _LEAST_PAIRS:
        raise UsageError(
            f"{what} is for {text.count(job.config.processes, 'process', 'processes')}; a duet needs at least "
            f"{_LEAST_PAIRS} pairs of them, whose scatter gives the intervals: add --pairs 6"
        )
    return replace(job, settings=replace(job.settings, load=tuple(shared)))


def expected_s(job: Job) -> float:
    """The seconds to expect: both sides take as long as a sweep of the job."""
    demands = [one.demands for one in runnable_of(job)]
    return 2 * forecast(job, demands, find_terms(job, ())).total_s
