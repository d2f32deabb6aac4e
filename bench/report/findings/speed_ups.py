"""Sorts the cases of a run by the time of torch over that of the fastest."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.report.findings import against
from bench.report.findings.against import TORCH, Factor
from bench.report.findings.ranking import Ranking


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """The factor of one case; exactly 1 without an interval where torch itself is the fastest."""

    ranking: Ranking
    factor: Factor

    @property
    def is_tie(self) -> bool:
        """Whether torch is tied with the fastest, or is it."""
        return TORCH in self.ranking.leaders


def speed_ups(rankings: Iterable[Ranking]) -> tuple[SpeedUp, ...]:
    """The cases with a factor, the largest first; those that noise leaves open have none."""
    found = [SpeedUp(ranking, factor) for ranking in rankings if (factor := _factor(ranking)) is not None]
    return tuple(sorted(found, key=lambda one: -one.factor.value))


def middle(found: Sequence[SpeedUp]) -> float:
    """The median factor of at least one case."""
    return statistics.median(one.factor.value for one in found)


def _factor(ranking: Ranking) -> Factor | None:
    return Factor(1.0) if against.is_fastest(ranking) else against.over_best(ranking)
