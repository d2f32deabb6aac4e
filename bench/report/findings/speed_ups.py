"""Sorts the cases of a run by the time of a baseline, torch unless named, over that of the fastest."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.report.findings import against
from bench.report.findings.against import TORCH, Factor
from bench.report.findings.ranking import Ranking


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """The factor of one case; exactly 1 without an interval where the baseline itself is the fastest."""

    ranking: Ranking
    factor: Factor

    @property
    def is_tie(self) -> bool:
        """Whether torch is tied with the fastest, or is it."""
        return TORCH in self.ranking.leaders


def speed_ups(rankings: Iterable[Ranking], baseline: str = TORCH) -> tuple[SpeedUp, ...]:
    """The cases with a factor, the largest first; those that noise leaves open have none."""
    found = [SpeedUp(ranking, factor) for ranking in rankings if (factor := _factor(ranking, baseline)) is not None]
    return tuple(sorted(found, key=lambda one: -one.factor.value))


def middle(found: Sequence[SpeedUp]) -> float:
    """The median factor of at least one case."""
    return statistics.median(one.factor.value for one in found)


def _factor(ranking: Ranking, baseline: str) -> Factor | None:
    is_first = against.is_fastest(ranking, baseline)
    return Factor(1.0) if is_first else against.over_best(ranking, baseline)
