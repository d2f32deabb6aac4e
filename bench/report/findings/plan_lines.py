"""The cost of planning once and calling n times, for one case: which implementation finishes first after how many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Result
from bench.rows.standing import Standing, doubt

# Calls beyond this pay any plan.
MOST_CALLS = 10**7


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One implementation: its plan with its code in files, as break_even_calls of the schema counts, and its time."""

    result: Result
    plan_s: float
    time_s: float

    def total_s(self, calls: float) -> float:
        """The time of one plan and so many calls."""
        return self.plan_s + calls * self.time_s


@dataclass(frozen=True, slots=True)
class Stretch:
    """From so many calls on, until the next stretch, one implementation finishes first."""

    calls: int
    line: PlanLine


@dataclass(frozen=True, slots=True)
class PlanAgainstRun:
    """The lines of one case and its stretches, from 1 call on."""

    ranking: Ranking
    lines: tuple[PlanLine, ...]
    stretches: tuple[Stretch, ...]

    def first(self, calls: float) -> PlanLine:
        """The one that finishes first after so many calls."""
        return min(self.lines, key=lambda line: line.total_s(calls))


def plan_against_run(ranking: Ranking) -> PlanAgainstRun | None:
    """The lines of those that compete with a plan and a time that is not too noisy; None with fewer than two."""
    lines = tuple(line for result in ranking.order if (line := _line(result)) is not None)
    return PlanAgainstRun(ranking, lines, _stretches(lines)) if len(lines) > 1 else None


def _line(result: Result) -> PlanLine | None:
    plan_s = result.other.plan_cached_s if result.other.plan_cached_s is not None else result.other.plan_s
    if plan_s is None or result.time is None or doubt(result) is Standing.NOISY:
        return None
    return PlanLine(result, plan_s, result.time.value_s)


def _stretches(lines: Sequence[PlanLine]) -> tuple[Stretch, ...]:
    """Goes from one call upwards to the next line that becomes the least, up to `MOST_CALLS`."""
    now = min(lines, key=lambda line: (line.total_s(1), line.time_s))
    found = [Stretch(1, now)]
    while True:
        later = [(math.floor(_meet(now, line)) + 1, line) for line in lines if line.time_s < now.time_s]
        calls, line = min(later, key=lambda pair: (pair[0], pair[1].time_s), default=(MOST_CALLS + 1, now))
        if calls > MOST_CALLS:
            return tuple(found)
        now = line
        found.append(Stretch(max(calls, found[-1].calls + 1), now))


def _meet(one: PlanLine, faster: PlanLine) -> float:
    """The number of calls after which both have taken equally long."""
    return (faster.plan_s - one.plan_s) / (one.time_s - faster.time_s)
