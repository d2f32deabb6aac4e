"""Names the fastest implementation of each case, where the intervals allow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import format
from bench.report.document.blocks import Block, Cell, Details, Heading, Prose, Section, table
from bench.report.findings.cases import baseline_text, label
from bench.report.findings.choices import choices
from bench.report.findings.ranking import Ranking, Tally, Verdict, tally
from bench.report.findings.results import Group, Result, implementations
from bench.report.sections.cells import FLAG, interval, names
from bench.report.sections.study import Study
from bench.rows.delegation import label as named
from bench.rows.standing import TIE_WITHIN, WIDEST
from bench.rows.undecided import TOOK_LEAST, undecided

# A table with more cases is folded.
_SHORT = 24
_HEAD = ("case", "problem", "fastest", "time", "second fastest", "its time", "ratio")
_NOTHING = Cell("nothing timed", look="muted")
_NO_WINS = ("case", "problem", TOOK_LEAST, "time")
_TITLE = "Fastest implementation by case"
_LEAST = (
    f"Where most times of a table are uncertain, it names the implementation that {TOOK_LEAST} time, and no winner: "
    "noise may have decided which one that is."
)
_CHOOSERS = (
    "An implementation that only chooses another timed one is not ranked: its column gives its choice, and its own "
    "time relative to the fastest."
)


def section(study: Study) -> Section:
    timed = _timed_groups(study)
    if not timed:
        return Section("winners", _TITLE, ("Nothing was timed.",))
    blocks: list[Block] = [Prose(_how_to_read(study))]
    for group in timed:
        blocks += _blocks(study, group)
    return Section("winners", _TITLE, answers(study), tuple(blocks))


def answers(study: Study) -> tuple[str, ...]:
    """One line per group with a time, and one for each implementation that chose others there."""
    return tuple(
        line
        for group in _timed_groups(study)
        for line in (
            (_uncounted(study, group),)
            if study.is_busy(group)
            else (_answer(study.before(group, ","), study.ranked(group)), *_answers_on_choices(group, study))
        )
    )


def _uncounted(study: Study, group: Group) -> str:
    cases = format.count(sum(bool(ranking.order) for ranking in study.ranked(group)), "case")
    return f"{study.before(group, ',')}{cases}: most times are uncertain, so wins and ties are not counted."


def _answers_on_choices(group: Group, study: Study) -> Iterator[str]:
    for made in choices(study.ranked(group)):
        worst, cases = made.furthest_off, format.count(len(made.choices), "case")
        where = f"{label(worst.result, study.axes)}, where it chose {worst.result.delegate}"
        yield (
            f"{study.before(group)}{made.implementation} chose the fastest, or one tied with it, in {made.found} of "
            f"{cases}. Its time is {format.ratio(made.typical_ratio)} that of the fastest in the median case, and at "
            f"most {format.ratio(worst.ratio)} ({where})."
        )


def _timed_groups(study: Study) -> list[Group]:
    return [group for group in study.groups if any(ranking.order for ranking in study.ranked(group))]


def _answer(start: str, rankings: Sequence[Ranking]) -> str:
    """One line on one group: wins by implementation, ties and undecided cases."""
    ranked = [ranking for ranking in rankings if ranking.order]
    ties = sum(ranking.verdict is Verdict.TIE for ranking in ranked)
    alone = sum(ranking.verdict is Verdict.ALONE for ranking in ranked)
    open_ = sum(ranking.verdict is Verdict.UNDECIDED for ranking in ranked)
    parts = [_wins(rankings)]
    parts += [f"{format.count(ties, 'tie')} within the uncertainty"] if ties else []
    parts += [f"{open_} undecided"] if open_ else []
    parts += [f"{alone} with only one implementation"] if alone else []
    return f"{start}{format.count(len(ranked), 'case')}: {'; '.join(parts)}."


def _wins(rankings: Sequence[Ranking]) -> str:
    """The implementations with a clear win, and the number of their wins."""
    wins = [(t.implementation, t.clear) for t in tally(rankings) if t.clear]
    if not wins:
        return "no implementation is clearly fastest"
    (first, number), *others = wins
    return ", ".join((f"{first} is clearly fastest in {number}", *(f"{name} in {n}" for name, n in others)))


def _how_to_read(study: Study) -> str:
    busy = [study.is_busy(group) for group in _timed_groups(study)]
    text = baseline_text(study.axes)
    baseline = f" Baseline: {text}." if text else ""
    if all(busy):
        return f"{_LEAST}{baseline}"
    return (
        "The ratio is the second-fastest time over the fastest, paired within blocks. "
        "The 95 % intervals of all ratios of a case hold at once. "
        "An implementation is tied with the fastest if the interval of its ratio includes 1 and the ratio is at "
        f"most {TIE_WITHIN:g}; with a larger ratio it is undecided. An interval with an upper end more than {WIDEST:g} "
        "times its lower end is too noisy: it is not shown and decides nothing."
        + baseline
        + (f" {_CHOOSERS}" if any(ranking.choosers for ranking in study.rankings) else "")
        + (f" {_LEAST}" if any(busy) else "")
    )


def _blocks(study: Study, group: Group) -> list[Block]:
    rankings = study.ranked(group)
    on_axes = [r for r in rankings if _is_on_axes(r)]
    in_networks = [r for r in rankings if not _is_on_axes(r)]
    is_busy = study.is_busy(group)
    blocks: list[Block] = [] if study.has_one_group else [Heading(group.label)]
    blocks += [] if is_busy else [_tally_table(tally(rankings))]
    choosers = implementations(result for ranking in rankings for result in ranking.choosers)
    head, align = (*_HEAD, *(f"chosen by {name}" for name in choosers)), "lllrlrr" + "l" * len(choosers)
    if is_busy:
        head, align = _NO_WINS, "lllr"
    for title, part in (("on axes", on_axes), ("from network layers", in_networks)):
        if part:
            rows = [_least(study, r) if is_busy else (*_row(study, r), *_chosen(r, choosers)) for r in part]
            listed = table(head, align, rows)
            is_short = part is on_axes and len(part) <= _SHORT
            blocks.append(listed if is_short else Details(f"{format.count(len(part), 'case')} {title}", (listed,)))
    return blocks


def _is_on_axes(ranking: Ranking) -> bool:
    return bool(ranking.results[0].points or not ranking.results[0].layers)


def _tally_table(tallies: Sequence[Tally]) -> Block:
    rows = [
        (t.implementation, str(t.clear), str(t.tied), str(t.undecided), f"{t.timed} of {t.cases}",
         format.ratio(t.typical_ratio))
        for t in tallies
    ]  # fmt: skip
    head = ("implementation", "clearly fastest", "tied for fastest", "only one timed, or undecided", "cases timed",
            "median time over the fastest")  # fmt: skip
    return table(head, "lrrrrr", rows)


def _start(study: Study, ranking: Ranking) -> tuple[Cell | str, ...]:
    case = ranking.results[0]
    return label(case, study.axes), Cell(case.descriptor, look="code")


def _least(study: Study, ranking: Ranking) -> tuple[Cell | str, ...]:
    """The row of a case where most times are noisy: the least time of all, and no winner."""
    start = _start(study, ranking)
    if not ranking.order:
        return (*start, _NOTHING, format.MISSING)
    return (*start, named(ranking.least), _timed(ranking.least))


def _row(study: Study, ranking: Ranking) -> tuple[Cell | str, ...]:
    start = _start(study, ranking)
    if not ranking.order:
        return (*start, _NOTHING, *[format.MISSING] * 4)
    first = ranking.order[0]
    second = None if ranking.ratio is None else ranking.order[1]
    return (
        *start,
        _fastest(ranking),
        _timed(first),
        named(second) if second else format.MISSING,
        _timed(second) if second else format.MISSING,
        format.ratio(ranking.ratio),
    )


def _chosen(ranking: Ranking, choosers: Sequence[str]) -> Iterator[Cell]:
    """The choice of each implementation that only chooses, and its time over that of the fastest."""
    by_name = {result.implementation: result for result in ranking.choosers}
    for name in choosers:
        result = by_name.get(name)
        if result is None:
            yield Cell(format.MISSING, look="muted")
        else:
            look = "best" if result.delegate in ranking.decided else ""
            ratio = ranking.over_fastest(result)
            small = "too noisy" if ratio is None else f"{format.ratio(ratio)} the fastest time"
            yield Cell(result.delegate, small, look)


def _fastest(ranking: Ranking) -> Cell:
    first = named(ranking.order[0])
    match ranking.verdict:
        case Verdict.TIE:
            return Cell(f"tie: {names(map(named, ranking.leading))}", "within the uncertainty", "muted")
        case Verdict.UNDECIDED:
            return Cell(first, undecided(ranking), "muted")
        case Verdict.ALONE:
            return Cell(first, "only one timed")
        case _:
            return Cell(first, look="best")


def _timed(result: Result) -> Cell:
    return Cell(format.time(result.time) + (FLAG if result.flags else ""), interval(result, result.time))
