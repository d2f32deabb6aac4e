"""The leader of a case for a line of text: the one rule of the winners table and of a sweep's progress."""

from __future__ import annotations

from bench.rows.delegation import label
from bench.rows.ranking import Ranking, Standing, T, Verdict, doubt, is_noisy
from bench.rows.undecided import undecided


def leader(ranking: Ranking[T], *, is_busy: bool) -> T:
    """The one to name of a case with a time: on a busy machine the one that took the least time, else the fastest."""
    return ranking.least if is_busy else ranking.order[0]


def ties(ranking: Ranking[T], *, is_busy: bool) -> tuple[str, ...]:
    """The names of those tied with the leader, or why that is undecided; none on a busy machine."""
    if is_busy:
        return ()
    return (undecided(ranking),) if ranking.verdict is Verdict.UNDECIDED else tuple(map(label, ranking.tied))


def fastest_words(ranking: Ranking[T], name: str) -> str:
    """The words on a clear winner. Load slows all alike: it leaves the paired ratios clear, and its time uncertain."""
    first, others = ranking.order[0], ranking.order[1:]
    is_paired = all(ranking.of(other) is Standing.SLOWER for other in others)
    # Others may lack a ratio, and be so far behind that nothing would close the gap.
    led = "was fastest in every comparison" if is_paired else "took the least time"
    if is_noisy(first):
        return f"{name} {led}, but the machine was busy: its time is uncertain"
    if doubt(first) is Standing.FEW:
        return f"{name} {led}, but has too few samples for an interval of its time"
    return f"{name} is fastest"
