"""The answer of `convcost measure`: what to use, how sure that is, and the line of Python that calls it."""

from __future__ import annotations

from collections.abc import Iterator

from bench import format
from bench.rows.delegation import label
from bench.rows.leader import fastest_words
from bench.rows.python_call import python_call
from bench.rows.ranking import TIE_WITHIN, Ranking, Standing, Verdict, doubt, usable
from bench.store.schema import Row
from bench.terminal import verdict
from impls import ConvProblem


def lines(ranking: Ranking[Row]) -> Iterator[str]:
    """The lines below the table of a case with at least one time; the last two are the answer."""
    yield from tuple(verdict.busy(ranking.timed)) or verdict.payback(ranking)
    yield _recommended(ranking)
    yield call(ranking.order[0])


def _recommended(ranking: Ranking[Row]) -> str:
    """The implementation to use, and how sure that is."""
    best = label(ranking.order[0])
    match ranking.verdict:
        case Verdict.ALONE:
            return f"Only {best} was timed: there is nothing to compare it with."
        case Verdict.CLEAR:
            return f"Use {best}: {fastest_words(ranking, 'it')}.{_runner_up(ranking)}"
        case Verdict.TIE:
            share = f"{100 * (TIE_WITHIN - 1):.0f} %"
            return f"Use {best}. Tied with it, at most {share} apart: {', '.join(map(label, ranking.tied))}."
    if doubt(ranking.order[0]) is Standing.NOISY:
        return f"No time is sure. For now use {best}, which took the least, and measure again."
    named = ", ".join(map(label, ranking.rivals))
    rivals = named if len(ranking.rivals) <= verdict.MANY else format.count(len(ranking.rivals), "other")
    return f"For now use {best}: it {verdict.least_words(ranking)}, but may be no faster than {rivals}."


def _runner_up(ranking: Ranking[Row]) -> str:
    """The runner-up's time over that of the fastest, with its interval if there is one."""
    second = ranking.order[1]
    ratio = ranking.over_fastest(second)
    if ratio is None:
        return ""
    ends = usable(second.over_best_low, second.over_best_high)
    sure = f" (95 % interval {'–'.join(map(format.significant, ends))})" if ends else ""
    return f" The next, {label(second)}, takes {format.ratio(ratio)} its time{sure}."


def call(row: Row) -> str:
    """The line of Python that computes the row's problem by its implementation, planned once."""
    problem = ConvProblem.parse(row.descriptor, bias=row.bias)
    return python_call(problem, row.precision, row.layout, row.implementation)
