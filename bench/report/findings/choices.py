"""Rates an implementation that only chooses others (`auto`) by its own time over that of the fastest."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.report.findings.ranking import Ranking, Verdict
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
    """The choices by implementation, over the cases where the chosen one was timed too and a fastest is known."""
    decided = [ranking for ranking in rankings if ranking.verdict is not Verdict.UNDECIDED]
    made = [choice for ranking in decided for result in ranking.choosers for choice in _choice(ranking, result)]
    names = implementations(choice.result for choice in made)
    return tuple(Choices(name, tuple(c for c in made if c.result.implementation == name)) for name in names)


def _choice(ranking: Ranking, result: Result) -> Iterator[Choice]:
    """The choice, unless noise leaves no ratio."""
    ratio = ranking.over_fastest(result)
    if ratio is not None:
        yield Choice(result, ratio, result.delegate in ranking.leaders)
