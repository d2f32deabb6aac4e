"""The result of `convcost measure` on a case in words: the fastest, ties with it, and the choices of `auto`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import format
from bench.rows.delegation import label
from bench.rows.ranking import Ranking, Verdict, rank
from bench.store.schema import Row
from bench.store.status import Flag


def of(timed: Sequence[Row]) -> str:
    """The sentences on the timed rows of a case, at least one row."""
    ranking = rank(timed)
    parts = (_best(ranking), *_without_interval(ranking), *_choices(ranking), *_payback(ranking), *_noise(timed))
    return " ".join(parts)


def _best(ranking: Ranking[Row]) -> str:
    """The fastest, and those tied with it."""
    best = label(ranking.order[0])
    match ranking.verdict:
        case Verdict.TIE:
            said = f"{best} is tied with {', '.join(map(label, ranking.tied))}"
        case Verdict.NO_INTERVAL:
            said = f"{best} took the least time"
        case _:
            said = f"{best} is fastest"
    return f"{said} (over best: paired within blocks, not a quotient of the times shown)."


def _without_interval(ranking: Ranking[Row]) -> Iterator[str]:
    """Those neither tied nor slower: no interval compares them with the fastest."""
    named = [f"{label(row)} ({format.ratio(ranking.over_fastest(row))})" for row in ranking.unknown]
    if named:
        yield f"Too few samples for an interval: {', '.join(named)}."


def _choices(ranking: Ranking[Row]) -> Iterator[str]:
    """The choices of those that only chose another, and how good they were."""
    tied = {row.implementation for row in ranking.tied}
    for row in ranking.choosers:
        if row.delegate == ranking.order[0].implementation:
            yield f"{row.implementation} ran {row.delegate}, the fastest."
        elif row.delegate in tied:
            yield f"{row.implementation} ran {row.delegate}, which is tied with the fastest."
        else:
            ratio = format.ratio(ranking.over_fastest(row))
            yield f"{row.implementation} ran {row.delegate}: {ratio} the fastest's time."


def _payback(ranking: Ranking[Row]) -> Iterator[str]:
    """The number of calls below which another than the fastest is done first, its plan included."""
    best, calls = ranking.order[0].implementation, ranking.order[0].break_even_calls
    starter = next((row.implementation for row in ranking.order if row.break_even_calls == 1), None)
    if calls is not None and calls > 1 and starter is not None:
        yield f"Its plan included, {best} pays from {calls:,} calls on; for fewer, start with {starter}."


def _noise(timed: Sequence[Row]) -> Iterator[str]:
    """A warning if the machine was busy."""
    if noisy := sum(Flag.NOISY in row.flags for row in timed):
        yield f"The machine was busy: {noisy} of {len(timed)} are noisy; close other programs."
