"""Samples and rows for tests: made-up times of one process or several."""

from __future__ import annotations

from bench.rows.row import Origin, make_row
from bench.store.schema import Row, Sample
from bench.store.status import Status
from bench.worker.protocol import Outcome
from impls import Case, ConvProblem

PLAIN = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))


def timed(*times_s: float, flagged: int = 0, processes: int = 1) -> tuple[Sample, ...]:
    """One sample a block, the processes in turn; the first `flagged` samples are suspect."""
    return tuple(
        Sample(process=i % processes, block=i, time_s=time_s, flags=("steal",) if i < flagged else ())
        for i, time_s in enumerate(times_s)
    )


def drawn(*draws_s: list[float]) -> list[Sample]:
    """Samples of one process, one list of times a draw, blocks numbered from 0 in each."""
    return [Sample(draw=d, block=b, time_s=time_s) for d, draw in enumerate(draws_s) for b, time_s in enumerate(draw)]


def row_of(outcome: Outcome, case: Case = PLAIN) -> Row:
    """The row of an outcome, on two threads."""
    return make_row(Origin(case, "key", 2, "warm", points=(), layers=(), seed=7, command="again"), outcome)


def row_of_samples(samples: list[Sample], implementation: str = "direct", delegate: str | None = None) -> Row:
    """An ok row with these samples."""
    return row_of(Outcome(implementation, Status.OK, samples=tuple(samples), delegate=delegate))
