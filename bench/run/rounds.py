"""Visits the cases of one crew in rounds: all by its first process, then all by its second, and so on.

A machine has slow phases of many seconds that no counter shows, and they slow one implementation more than another. In
rounds the visits to a case are short and far apart in time, so that such a phase affects some of its samples, not all.
From the second round on clear losers get a few blocks only; when every process has visited a case, its further visits
are for the others alone. The rest of a budget goes to the cases whose winner is open, then to those with the widest
intervals, in visits as long as all of one process before: each is by a new process, which takes seconds to start.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from bench.calibration.value import Calibration
from bench.run import budget
from bench.run.events import VisitEnded
from bench.run.visit import visit_case
from bench.store.stored import StoredCase
from bench.store.visits import Visited
from bench.sweep.cases import PlannedCase
from bench.sweep.job import Job
from bench.worker.crew import Crew


class Rounds:
    """The visits to the cases of one crew, including those of earlier sessions."""

    def __init__(
        self,
        job: Job,
        crew: Crew,
        calibrations: tuple[Calibration, ...] = (),
        known: Mapping[str, StoredCase] | None = None,
    ) -> None:
        self._job, self._crew, self._calibrations = job, crew, calibrations
        self._visited: dict[str, Visited | StoredCase] = dict(known or {})

    def measure(self, cases: Sequence[PlannedCase]) -> Iterator[VisitEnded]:
        """Visit every case in each process, then spend the rest of the budget where a winner is open or unsure."""
        config = self._job.config
        case_s = budget.first_visit_s(config.budget_s, len(self._job.cases), config.max_seconds)
        keys = [self._job.key_of(planned) for planned in cases]
        for number in range(config.rounds):
            for planned, key in zip(cases, keys, strict=True):
                known = self._visited.get(key)
                if isinstance(known, StoredCase) and known.count > number:
                    # Thousands of them, each with hundreds of samples: nothing of it is parsed.
                    yield VisitEnded(planned, known.all_rows, number + 1)
                else:
                    yield self._in_round(number, planned, case_s / config.rounds)
        if config.budget_s is not None:
            yield from self._after_the_rounds(cases, config.budget_s * len(cases) / len(self._job.cases))

    def _in_round(self, number: int, planned: PlannedCase, max_seconds: float) -> VisitEnded:
        before = self.known(planned)
        if before.count > number or (before.count and not before.fine):
            return VisitEnded(planned, list(before.rows), number + 1)
        # A candidate that was not ok in one process is not tried in the next.
        names = before.fine if before.count else self._job.implementations
        if number >= self._job.config.processes:
            lost = budget.losers(before.rows)
            names = tuple(name for name in names if name not in lost)
            max_seconds *= min(1.0, len(names) / budget.FEW)
        return self._visit(planned, names, max_seconds, number + 1)

    def _after_the_rounds(self, cases: Sequence[PlannedCase], budget_s: float) -> Iterator[VisitEnded]:
        config = self._job.config
        while True:
            left_s = budget_s - sum(self.known(planned).spent_s for planned in cases)
            rows = [self.known(planned).rows for planned in cases]
            index = budget.neediest(rows, config.target_rel_ci)
            visit_s = budget.next_visit_s(left_s, config.max_seconds / config.processes)
            if index is None or visit_s is None:
                return
            yield self._visit(cases[index], budget.to_visit(rows[index], config.target_rel_ci), visit_s, None)

    def _visit(
        self, planned: PlannedCase, implementations: tuple[str, ...], max_seconds: float, number: int | None
    ) -> VisitEnded:
        known, started = self.known(planned), time.monotonic()
        before = known.whole() if isinstance(known, StoredCase) else known
        rows, added = visit_case(
            self._crew, planned, self._job, implementations, max_seconds, before, self._calibrations
        )
        spent_s = time.monotonic() - started
        self._visited[self._job.key_of(planned)] = before.then(rows, added, spent_s)
        return VisitEnded(planned, rows, number, added, spent_s, before.count + 1)

    def known(self, planned: PlannedCase) -> Visited | StoredCase:
        """A case as far as it has been visited."""
        return self._visited.get(self._job.key_of(planned), Visited())
