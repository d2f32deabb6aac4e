"""Summarises the errors of each implementation in each group."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.findings.results import Group, Result, groups, implementations
from bench.store.status import Status


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


def accuracies(results: Sequence[Result]) -> tuple[Accuracy, ...]:
    """The errors of the checked rows by group and implementation."""
    checked = [r for r in results if r.error_rms is not None or r.error_share is not None]
    return tuple(
        _accuracy(group, name, members)
        for group in groups(checked)
        for name in implementations(checked)
        if (members := [r for r in checked if r.group == group and r.implementation == name])
    )


def _accuracy(group: Group, name: str, members: Sequence[Result]) -> Accuracy:
    rms = [r.error_rms for r in members if r.error_rms is not None]
    worst = max((r for r in members if r.error_rms is not None), key=lambda r: r.error_rms or 0.0, default=None)
    return Accuracy(
        group,
        name,
        checked=len(members),
        wrong=sum(r.status is Status.WRONG for r in members),
        median_rms=statistics.median(rms) if rms else None,
        largest_rms=worst.error_rms if worst else None,
        largest_rms_limit=worst.error_rms_limit if worst else None,
        largest_share=max((r.error_share for r in members if r.error_share is not None), default=None),
        bounds=tuple(dict.fromkeys(r.bound for r in members if r.bound)),
    )
