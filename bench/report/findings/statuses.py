"""Counts statuses and flags, and collects faults and the reasons for missing times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bench.report.findings.results import Result
from bench.store.status import Flag, Status

# The order of every list of counts: faults right after ok.
_ORDER = (Status.OK, *(status for status in Status if status.is_fault), Status.UNSUPPORTED)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an implementation gave no time, and on how many cases."""

    implementation: str
    status: Status
    reason: str
    devices: tuple[str, ...]
    cases: int
    example: Result


def status_counts(results: Iterable[Result]) -> dict[Status, int]:
    """The number of rows by status, in a fixed order."""
    counts = Counter(result.status for result in results)
    return {status: counts[status] for status in _ORDER if counts[status]}


def flag_counts(results: Iterable[Result]) -> dict[Flag, int]:
    """The number of ok rows by flag, most frequent first."""
    return dict(Counter(flag for r in results if r.status is Status.OK for flag in r.flags).most_common())


def faults(results: Iterable[Result]) -> tuple[Result, ...]:
    """The rows that should have a right result but do not: wrong, failed, crashed, timeout."""
    return tuple(result for result in results if result.status.is_fault)


def refusals(results: Iterable[Result]) -> tuple[Refusal, ...]:
    """The rows that are not ok, grouped by implementation, status and reason, most cases first."""
    found: dict[tuple[str, Status, str], list[Result]] = {}
    for result in results:
        if result.status is not Status.OK:
            found.setdefault((result.implementation, result.status, result.reason), []).append(result)
    grouped = [
        Refusal(*key, tuple(dict.fromkeys(r.group.device for r in members)), len(members), members[0])
        for key, members in found.items()
    ]
    order = {name: place for place, name in enumerate(dict.fromkeys(refusal.implementation for refusal in grouped))}
    return tuple(sorted(grouped, key=lambda refusal: (order[refusal.implementation], -refusal.cases)))
