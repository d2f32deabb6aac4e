"""The same small sweep again and again, minutes apart and in fresh processes: by how much do two runs differ?"""

from __future__ import annotations

from typing import Any

from bench.orders import Choices, for_problems
from bench.qualify.summary import Times
from bench.rounds import Rounds
from bench.worker.crew import Crew
from bench.worker.settings import Settings
from impls import ConvProblem

PROBLEMS = ("mb1ic64ih28oc64kh3ph1", "mb1ic256ih14oc256kh1", "mb1ic3ih56oc32kh7sh2ph3")
IMPLEMENTATIONS = ("onednn", "torch", "im2col")
_MAX_SECONDS = 3.0


def environment(settings: Settings) -> dict[str, Any]:
    """The machine and libraries as a worker with these settings finds them."""
    with Crew(settings, 1) as crew:
        return crew.start()


def run_once(threads: int, number: int) -> Times:
    """Times of one whole run, in processes of its own."""
    choices = Choices(
        implementations=IMPLEMENTATIONS, devices=("cpu",), threads=threads, max_seconds=_MAX_SECONDS, seed=number
    )
    order = for_problems([ConvProblem.parse(text) for text in PROBLEMS], choices, "convcost qualify")
    times: Times = {}
    with Crew(order.settings, order.config.processes) as crew:
        for step in Rounds(order, crew).measure(order.cases):
            # Those of the last round are of all samples.
            times |= {(r.descriptor, r.implementation): r.time_fast_s for r in step.rows if r.time_fast_s is not None}
    return times
