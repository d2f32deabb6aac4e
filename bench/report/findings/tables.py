"""Counts and extremes over all results: statuses, faults, errors, rates, refusals."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.report.findings.ranking import rank
from bench.report.findings.results import Group, Result, groups, implementations

# In this order wherever they are counted; any other status comes after.
STATUS_ORDER = ("ok", "wrong", "failed", "crashed", "timeout", "unsupported")
FAULTS = ("wrong", "failed", "crashed", "timeout")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an implementation gave no time, and on how many cases."""

    implementation: str
    status: str
    reason: str
    devices: tuple[str, ...]
    cases: int
    example: Result


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The errors of one implementation in one group, wrong results included."""

    group: Group
    implementation: str
    checked: int
    wrong: int
    median_rms: float | None
    largest_rms: float | None
    largest_rms_limit: float | None
    largest_share: float | None
    bounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """The range of effective rates of one implementation over the cases of one group, in GFLOP/s."""

    group: Group
    implementation: str
    cases: int
    lowest: Result
    highest: Result

    @property
    def factor(self) -> float:
        return _rate(self.highest) / _rate(self.lowest)


def status_counts(results: Iterable[Result]) -> dict[str, int]:
    """How many rows have each status, the known ones first and in a fixed order."""
    counts = Counter(result.status for result in results)
    order = [*STATUS_ORDER, *sorted(set(counts) - set(STATUS_ORDER))]
    return {status: counts[status] for status in order if counts[status]}


def flag_counts(results: Iterable[Result]) -> dict[str, int]:
    """How many ok rows carry each warning."""
    return dict(Counter(flag for r in results if r.status == "ok" for flag in r.flags).most_common())


def faults(results: Iterable[Result]) -> tuple[Result, ...]:
    """The rows that should have worked and did not: wrong, failed, crashed, timeout."""
    return tuple(result for result in results if result.status in FAULTS)


def refusals(results: Iterable[Result]) -> tuple[Refusal, ...]:
    """Everything without status ok, grouped by implementation, status and reason, most cases first."""
    found: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        if result.status != "ok":
            found.setdefault((result.implementation, result.status, result.reason), []).append(result)
    grouped = [
        Refusal(*key, tuple(dict.fromkeys(r.group.device for r in members)), len(members), members[0])
        for key, members in found.items()
    ]
    order = {name: place for place, name in enumerate(dict.fromkeys(refusal.implementation for refusal in grouped))}
    return tuple(sorted(grouped, key=lambda refusal: (order[refusal.implementation], -refusal.cases)))


def accuracies(results: Sequence[Result]) -> tuple[Accuracy, ...]:
    """The errors by group and implementation, of the rows that were checked."""
    checked = [r for r in results if r.error_rms is not None or r.error_share is not None]
    return tuple(
        _accuracy(group, name, members)
        for group in groups(checked)
        for name in implementations(checked)
        if (members := [r for r in checked if r.group == group and r.implementation == name])
    )


def spreads(results: Sequence[Result]) -> tuple[Spread, ...]:
    """The range of rates by group and implementation, widest first within a group."""
    rated = [result for result in results if result.rate_gflops is not None]
    found = [
        _spread(group, name, members)
        for group in groups(rated)
        for name in implementations(rated)
        if (members := [r for r in rated if r.group == group and r.implementation == name])
    ]
    place = {group: i for i, group in enumerate(groups(rated))}
    return tuple(sorted(found, key=lambda spread: (place[spread.group], -spread.factor)))


def best_spreads(results: Sequence[Result]) -> tuple[Spread, ...]:
    """The range of rates by group when every case is given to its fastest implementation."""
    winners = [ranking.order[0] for ranking in rank(results) if ranking.order]
    rated = [result for result in winners if result.rate_gflops is not None]
    return tuple(_spread(group, "fastest per case", [r for r in rated if r.group == group]) for group in groups(rated))


def _accuracy(group: Group, name: str, members: Sequence[Result]) -> Accuracy:
    rms = [r.error_rms for r in members if r.error_rms is not None]
    worst = max((r for r in members if r.error_rms is not None), key=lambda r: r.error_rms or 0.0, default=None)
    return Accuracy(
        group,
        name,
        checked=len(members),
        wrong=sum(r.status == "wrong" for r in members),
        median_rms=statistics.median(rms) if rms else None,
        largest_rms=worst.error_rms if worst else None,
        largest_rms_limit=worst.error_rms_limit if worst else None,
        largest_share=max((r.error_share for r in members if r.error_share is not None), default=None),
        bounds=tuple(dict.fromkeys(r.bound for r in members if r.bound)),
    )


def _spread(group: Group, name: str, members: Sequence[Result]) -> Spread:
    return Spread(group, name, len(members), min(members, key=_rate), max(members, key=_rate))


def _rate(result: Result) -> float:
    assert result.rate_gflops is not None, "only results with a rate are spread"
    return result.rate_gflops
