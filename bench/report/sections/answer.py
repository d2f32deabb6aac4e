"""The answer of a run in three sentences and a table: what to use where, its gain over torch, how sure that is."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench import format
from bench.report.findings import against
from bench.report.findings.against import TORCH, Factor
from bench.report.findings.cases import label
from bench.report.findings.ranking import Ranking, Verdict, central
from bench.report.findings.results import Group, Result
from bench.report.sections.cells import names
from bench.report.sections.study import Study
from bench.rows.delegation import label as named
from bench.rows.leader import fastest_words, leader, ties
from bench.rows.ratios import WIDE
from bench.rows.standing import is_noisy, usable

# A sentence names at most so many implementations.
_MANY_NAMES = 4
_LONGER = "--budget 20m"
# If more than this share of the times have an interval wider than ± WIDE, the first sentence says so.
_MANY_WIDE = 0.25


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: a case, the implementation to use, its time, torch's time over it, and its ties.

    In a group with mostly noisy times the implementation is the one that took the least time, and the last two are
    empty. In an undecided case the reason stands in place of the ties.
    """

    case: str
    use: str
    time: str
    torch: str
    tied: tuple[str, ...]


def sentences(study: Study) -> tuple[str, ...]:
    """The answer in words: the winners, the gain over torch, and the uncertainty; of busy groups only that they are."""
    if not _ranked(study):
        return ("Nothing was timed.",)
    busy = study.busy
    ranked = [ranking for ranking in _ranked(study) if ranking.group not in busy]
    return (
        *([_busy(study)] if busy else coarse(study)),
        *([_winners(ranked), _gain(study, ranked)] if ranked else []),
        _sure(study),
    )


def winners(study: Study) -> str:
    """The sentence on the wins over all cases of the groups that are not busy; empty where there are none."""
    busy = study.busy
    ranked = [ranking for ranking in _ranked(study) if ranking.group not in busy]
    return _winners(ranked) if ranked else ""


def limits(study: Study) -> tuple[str, ...]:
    """What the run cannot say: wide intervals, noise, a single process. That it was busy is said elsewhere."""
    if not _ranked(study):
        return ()
    return (*(() if study.busy else coarse(study)), _sure(study))


def interval(factor: Factor) -> str:
    """The 95 % interval of a factor in words, as in 95 % interval 2.05–2.15×."""
    if factor.low is None or factor.high is None:
        return "no interval"
    return f"95 % interval {format.significant(factor.low)}–{format.ratio(factor.high)}"


def lines(study: Study, group: Group) -> tuple[Line, ...]:
    """The table of one group, a line for each case in the order measured."""
    busy = study.is_busy(group)
    return tuple(_line(study, ranking, busy) for ranking in study.ranked(group) if ranking.order)


def _line(study: Study, ranking: Ranking, busy: bool) -> Line:
    first, factor = leader(ranking, is_busy=busy), against.over_best(ranking)
    torch = "itself" if against.is_fastest(ranking) else format.ratio(factor.value if factor else None)
    return Line(
        label(first, study.axes),
        named(first),
        format.time(first.time),
        # On a busy machine the table names no winner, and gives no ratio to one.
        format.MISSING if busy else torch,
        ties(ranking, is_busy=busy),
    )


def _ranked(study: Study) -> list[Ranking]:
    return [ranking for ranking in study.rankings if ranking.order]


def _timed(study: Study) -> list[Result]:
    return [result for result in study.results if result.time]


def _noisy(results: Sequence[Result]) -> int:
    return sum(map(is_noisy, results))


def _busy(study: Study) -> str:
    """The first sentence where most times of some group are noisy."""
    timed = [result for group in study.busy for result in study.timed(group)]
    where = "" if study.busy == study.groups else f" of {names(group.label for group in study.busy)}"
    devices = {result.group.device for result in timed}
    return f"{format.busy(_noisy(timed), len(timed), _LONGER, devices)} No winner{where} is named."


def coarse(study: Study) -> list[str]:
    """The first sentence where winners can be named, but many intervals are wide; none in a good hour."""
    timed = _timed(study)
    wide = sum(half > WIDE for half in _halves(timed))
    if wide <= _MANY_WIDE * len(timed):
        return []
    share = format.significant(100 * WIDE, 2)
    words = f"{wide} of {format.count(len(timed), 'time')} are known to no better than ± {share} %"
    return [f"A bad hour, or too short a run: {words}. Close other programs, or measure longer ({_LONGER})."]


def _halves(timed: Sequence[Result]) -> list[float]:
    """Half the width of each usable interval over its time."""
    return [
        (ends[1] - ends[0]) / (2 * result.time.value_s)
        for result in timed
        if result.time and (ends := usable(result.time.low_s, result.time.high_s))
    ]


def _winners(ranked: Sequence[Ranking]) -> str:
    """The wins by implementation, and the ties."""
    if len(ranked) == 1:
        return _winner(ranked[0])
    clear = Counter(named(r.order[0]) for r in ranked if r.verdict in (Verdict.CLEAR, Verdict.ALONE)).most_common()
    ties = sum(ranking.verdict is Verdict.TIE for ranking in ranked)
    unknown = sum(ranking.verdict is Verdict.UNDECIDED for ranking in ranked)
    wins = [f"{name} in {number}" for name, number in clear[:_MANY_NAMES]]
    if rest := sum(number for _, number in clear[_MANY_NAMES:]):
        wins.append(f"others in {rest}")
    parts = [
        f"clearly fastest of {format.count(len(ranked), 'case')}: {names(wins)}"
        if wins
        else "no case has a clear winner"
    ]
    parts += [f"{format.count(ties, 'tie')}, where each of the tied will do"] if ties else []
    parts += [f"{unknown} undecided: noise or missing intervals leave it open"] if unknown else []
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _winner(ranking: Ranking) -> str:
    first, time = named(ranking.order[0]), format.time(ranking.order[0].time)
    match ranking.verdict:
        case Verdict.TIE:
            return f"Use {names(map(named, ranking.leading), 'or')}: they are tied at {time}."
        case Verdict.UNDECIDED:
            return f"For now use {first}, {time}: noise or missing intervals leave open whether it is the fastest."
        case Verdict.ALONE:
            return f"Only {first} was timed: {time}."
        case _:
            return f"Use {first}, {time}: {fastest_words(ranking, 'it')}."


def _gain(study: Study, ranked: Sequence[Ranking]) -> str:
    """Torch's time over that of the best: of a whole network, or at the baseline and over all cases."""
    factors = [factor for ranking in ranked if (factor := against.over_best(ranking))]
    wins = sum(map(against.is_fastest, ranked))
    if not factors:
        return _without_factor(sum(map(against.was_timed, ranked)), wins)
    quiet = [network for network in study.networks if network.group not in study.busy]
    network = next((n for n in quiet if against.over_best_per_layer(n)), None)
    if network and (whole := against.over_best_per_layer(network)):
        start = f"{TORCH} takes {_factor(whole)} the time of the best of each layer over all of {network.name}"
        return f"{start}{_on(study, network.group)}{_range(factors, wins)}."
    middle = central(ranked, study.axes)
    factor = against.over_best(middle) if middle else None
    if middle is None or factor is None:
        return f"{TORCH} is fastest in {wins} of {format.count(len(ranked), 'case')}{_range(factors, 0, at_once=True)}."
    where = f" ({label(middle.order[0], study.axes)}{_on(study, middle.group)})" if len(ranked) > 1 else ""
    return f"{TORCH} takes {_factor(factor)} the time of {named(middle.order[0])}{where}{_range(factors, wins)}."


def _without_factor(timed: int, wins: int) -> str:
    """The sentence where torch has no factor over the best, by its timed cases and those of them that it wins."""
    if wins and wins == timed:
        return f"{TORCH} itself is the fastest wherever it was timed."
    if wins:
        return (
            f"{TORCH} itself is the fastest in {wins} of {format.count(timed, 'case')}; "
            "noise or missing intervals leave the rest open."
        )
    if timed:
        return f"Nothing is said against {TORCH}: noise or missing intervals leave it open."
    return f"Nothing is said against {TORCH}: it was not timed; add -i {TORCH}."


def _on(study: Study, group: Group) -> str:
    return f" on {group.label}" if len(study.groups) > 1 else ""


def _factor(factor: Factor) -> str:
    """A factor with its interval, as in 2.10× [2.05–2.15]."""
    if factor.low is None or factor.high is None:
        return f"{format.ratio(factor.value)} (no interval)"
    return f"{format.ratio(factor.value)} [{format.significant(factor.low)}–{format.significant(factor.high)}]"


def _range(factors: Sequence[Factor], wins: int, *, at_once: bool = False) -> str:
    """The range over all other cases, and the cases where torch is fastest; `at_once` for a single one too."""
    ends = against.spread(factors)
    if ends is None or (len(factors) == 1 and not at_once):
        return ""
    if len(factors) == 1:
        return f"; in another it takes {format.ratio(ends[0])} the time of the fastest"
    over = format.count(len(factors), "case")
    text = f"; over {over} {format.significant(ends[0])} to {format.ratio(ends[1])} that of the fastest"
    return text + (f", and it is fastest in {wins}" if wins else "")


def _sure(study: Study) -> str:
    """Half the typical and the widest 95 % interval over the time, and the noisy times."""
    timed = _timed(study)
    halves = _halves(timed)
    noisy = _noisy(timed)
    help_ = ": close other programs" if noisy and not study.busy else ""
    noise = f"{format.uncertain(noisy, len(timed))}{help_}"
    one = f" {format.ONE_PROCESS}" if study.has_one_process else ""
    if not halves:
        return f"How sure: no time has a usable interval; {noise}.{one}"
    typical, widest = (format.significant(100 * half, 2) for half in (statistics.median(halves), max(halves)))
    missing = len(timed) - len(halves)
    more = f", {missing} without a usable one" if missing else ""
    return f"How sure: 95 % intervals are ± {typical} % in the middle and ± {widest} % at worst{more}; {noise}.{one}"
