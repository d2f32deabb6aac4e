"""The result of `convcost measure` on a case in words: the fastest, ties with it, and the choices of `auto`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import format
from bench.rows.delegation import label
from bench.rows.leader import fastest_words
from bench.rows.ranking import Ranking, Verdict, rank
from bench.rows.standing import Standing, doubt, is_noisy, mostly_noisy
from bench.rows.undecided import TOOK_LEAST
from bench.store.schema import Row

# More names than this are counted instead.
MANY = 5


def of(timed: Sequence[Row]) -> str:
    """The sentences on the timed rows of a case, at least one row."""
    ranking = rank(timed)
    parts = (*busy(timed), _best(ranking), *_open(ranking), *_choices(ranking), *payback(ranking), *_noise(timed))
    return " ".join(parts)


def busy(timed: Sequence[Row]) -> Iterator[str]:
    """The first sentence, if the machine was too busy for most of the times."""
    if mostly_noisy(timed):
        yield format.busy(sum(map(is_noisy, timed)), len(timed), "--max-seconds 30", {row.device for row in timed})


def _best(ranking: Ranking[Row]) -> str:
    """The fastest, and those tied with it."""
    best = label(ranking.order[0])
    match ranking.verdict:
        case Verdict.TIE:
            return f"{best} is tied with {', '.join(map(label, ranking.tied))} (ratios are paired within blocks)."
        case Verdict.CLEAR:
            return f"{fastest_words(ranking, best)} (ratios are paired within blocks)."
        case Verdict.ALONE:
            return f"Only {best} was timed."
    if doubt(ranking.order[0]) is Standing.NOISY:
        if any(doubt(row) is None for row in ranking.order):
            return f"{best} {TOOK_LEAST} time, but has no usable interval, so there is no fastest."
        return "No time has an interval, so there is no fastest."
    return f"{best} {least_words(ranking)}, but whether it is the fastest is undecided."


def least_words(ranking: Ranking[Row]) -> str:
    """How the time of the first compares with the others, whatever the noise."""
    if ranking.took_least:
        return f"{TOOK_LEAST} time"
    least = ranking.least
    by = f" but for {label(least)}" if least in ranking.choosers and doubt(least) is None else ""
    return f"has the least time of those with an interval{by}"


def _open(ranking: Ranking[Row]) -> Iterator[str]:
    """Those that are neither tied nor slower, by the reason."""
    if doubt(ranking.order[0]) is Standing.NOISY and ranking.verdict is Verdict.UNDECIDED:
        return
    tied = ranking.tied if ranking.verdict is Verdict.TIE else ()
    undecided = [row for row in ranking.standing(Standing.UNDECIDED, Standing.TIED) if row not in tied]
    reasons = (
        ("Too noisy for an interval", ranking.standing(Standing.NOISY)),
        ("Too few samples for an interval", ranking.standing(Standing.FEW)),
        ("Undecided", undecided),
    )
    for reason, rows in reasons:
        if len(rows) > MANY:
            yield f"{reason}: {len(rows)} others."
        elif rows:
            yield f"{reason}: {', '.join(_with_ratio(ranking, row) for row in rows)}."


def _with_ratio(ranking: Ranking[Row], row: Row) -> str:
    ratio = ranking.over_fastest(row)
    return label(row) if ratio is None else f"{label(row)} ({format.ratio(ratio)})"


def _choices(ranking: Ranking[Row]) -> Iterator[str]:
    """The choices of those that only chose another, and how good they were."""
    best, tied = ranking.order[0].implementation, {row.implementation for row in ranking.tied}
    for row in ranking.choosers:
        ratio = ranking.over_fastest(row)
        if row.delegate == best and ranking.decided:
            yield f"{row.implementation} ran {row.delegate}, the fastest."
        elif row.delegate in tied:
            yield f"{row.implementation} ran {row.delegate}, which is tied with the fastest."
        elif row.delegate == best or ratio is None:
            yield f"{row.implementation} ran {row.delegate}."
        else:
            yield f"{row.implementation} ran {row.delegate}: {format.ratio(ratio)} {best}'s time."


def payback(ranking: Ranking[Row]) -> Iterator[str]:
    """The numbers of calls below which another than the fastest is done first: with code in files, and without."""
    best = ranking.order[0]
    calls, first_time = best.break_even_calls, best.break_even_first_time_calls
    starters = [
        row
        for row in ranking.order
        if (row.break_even_calls == 1 and calls != 1) or (row.break_even_first_time_calls == 1 and first_time != 1)
    ]
    slower = [row.implementation for row in starters if ranking.of(row) is Standing.SLOWER]
    if calls is None or not slower or len(slower) < len(starters):
        return
    compiled = ""
    if first_time is None and best.jit_s:
        compiled = " with its code compiled"
    elif first_time is not None and first_time > calls:
        compiled = f" with its code compiled, from {first_time:,} calls the first time on a machine"
    own = format.pays_from(calls, best.break_even_low_calls, best.break_even_high_calls)
    yield (
        f"Its plan included, {best.implementation} pays from {own} on{compiled}; "
        f"for fewer, start with {' or '.join(slower)}."
    )


def _noise(timed: Sequence[Row]) -> Iterator[str]:
    """A warning about some noisy times; most of them are the first sentence."""
    noisy = sum(map(is_noisy, timed))
    if noisy and not mostly_noisy(timed):
        yield f"{format.uncertain(noisy, len(timed))}: other programs were busy."
