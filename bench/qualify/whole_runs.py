"""Runs the same small sweep repeatedly, in fresh processes, to measure how much two runs differ.

A sweep of some minutes has most of a minute between two visits to a case, in which it measures other cases. Here trials
fill that time: a run's rounds are as far apart as those of the built-in sweep `quick`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from bench.qualify.summary import Times
from bench.run.rounds import Rounds
from bench.sweep.job import Job
from bench.sweep.jobs import for_problems
from bench.sweep.overrides import Overrides
from bench.worker import DEFAULT_PROCESSES
from bench.worker.crew import Crew
from bench.worker.settings import Settings
from impls import ConvProblem

PROBLEMS = ("mb1ic64ih28oc64kh3ph1", "mb1ic256ih14oc256kh1", "mb1ic3ih56oc32kh7sh2ph3")
IMPLEMENTATIONS = {"cpu": ("onednn", "torch", "im2col"), "cuda": ("cudnn", "torch", "im2col")}
# One in each process, as in a sweep.
ROUNDS = DEFAULT_PROCESSES
_MAX_SECONDS = 3.0


def whole_runs(settings: Settings, device: str = "cpu") -> Generator[Times | None, None, None]:
    """Measure one round at each step, of one run after another; yield a run's times with its last round, else None.

    Times are `time_fast_s`, by which runs are compared.
    """
    number = 0
    while True:
        yield from _run(_job(settings, device, number))
        number += 1


def _job(settings: Settings, device: str, number: int) -> Job:
    overrides = Overrides(
        implementations=IMPLEMENTATIONS[device], devices=(device,), max_seconds=_MAX_SECONDS, seed=number,
        processes=ROUNDS,
    )  # fmt: skip
    job = for_problems([ConvProblem.parse(text) for text in PROBLEMS], overrides, "convcost qualify")
    return replace(job, settings=settings)


def _run(job: Job) -> Iterator[Times | None]:
    times: Times = {}
    with Crew(job.settings, ROUNDS) as crew:
        steps = Rounds(job, crew).measure(job.cases)
        for number in range(1, ROUNDS + 1):
            for _ in job.cases:
                rows = next(steps).rows
                times |= {(r.descriptor, r.implementation): r.time_fast_s for r in rows if r.time_fast_s is not None}
            if number < ROUNDS:
                yield None
    # After its processes have ended, so that the next run does not share the machine with them.
    yield times
