"""Rates an implementation that only chooses others (`auto`) by its own time over that of the fastest."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Result, implementations


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice on one case: `ratio` is the chooser's time over that of the fastest."""

    result: Result
    ratio: float
    is_best: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of one implementation over some cases."""

    implementation: str
    choices: tuple[Choice, ...]

    @property
    def found(self) -> int:
        """In how many cases it chose the fastest implementation, or one tied with it."""
        return sum(choice.is_best for choice in self.choices)

    @property
    def typical_ratio(self) -> float:
        return statistics.median(choice.ratio for choice in self.choices)

    @property
    def furthest_off(self) -> Choice:
        return max(self.choices, key=lambda choice: choice.ratio)


def choices(rankings: Sequence[Ranking]) -> tuple[Choices, ...]:
    """The choices by implementation, over the cases where the chosen implementation was timed too."""
    names = implementations(result for ranking in rankings for result in ranking.choosers)
    return tuple(
        Choices(
            name, tuple(_choice(r, result) for r in rankings for result in r.choosers if result.implementation == name)
        )
        for name in names
    )


def _choice(ranking: Ranking, result: Result) -> Choice:
    return Choice(result, ranking.over_fastest(result), result.delegate in ranking.leaders)
