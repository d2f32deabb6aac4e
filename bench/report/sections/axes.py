"""What each axis of the sweep does to time and rate, everything else at the baseline."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from bench import format
from bench.report.document.blocks import Block, Cell, Details, Gallery, Heading, Prose, Section, table
from bench.report.drawing import figures
from bench.report.findings.cases import GROUP_AXES, THREADS, baseline_text
from bench.report.findings.ranking import Ranking, Verdict
from bench.report.findings.series import Series, series_of
from bench.report.findings.study import Study
from bench.report.sections.cells import names, time_cell


def sections(study: Study) -> Iterator[Section]:
    """A section per axis that has a line of two values in some group."""
    for axis in study.axes:
        found = series_of(axis, study.results, study.axes)
        if found:
            yield _section(study, found)
    split = [axis for axis in study.axes if axis.name in GROUP_AXES and axis.name != THREADS and len(axis.values) > 1]
    for axis in split:
        text = (
            f"{axis.name} ({', '.join(axis.values)}) is no axis of a figure: times in different {axis.name}s are "
            "kept apart everywhere, so each value has rankings and figures of its own."
        )
        yield Section(f"axis-{axis.name}", f"By {axis.name}", (text,))


def _section(study: Study, found: tuple[Series, ...]) -> Section:
    axis = found[0].axis
    fixed = baseline_text([other for other in study.axes if other.name != axis.name])
    blocks: list[Block] = [Prose(_how_to_read(axis.is_numeric, fixed))]
    for series in found:
        title = _title(series, found)
        if not series.timed:
            continue
        if len(found) > 1:
            blocks.append(Heading(title))
        images = [figures.times(series, study.marks)]
        if any(r.rate_gflops is not None for row in series.results.values() for r in row.values()):
            images.append(figures.rates(series, study.marks))
        blocks.append(Gallery(tuple(images)))
        blocks.append(Details(f"Numbers: time by {axis.name}, {title}", (_numbers(series),)))
    answers = tuple(f"{_title(series, found)}: {_answer(series)}" for series in found)
    return Section(f"axis-{axis.name}", f"By {axis.name}", answers, tuple(blocks))


def _title(series: Series, among: tuple[Series, ...]) -> str:
    """The group, with the problem where one group has several lines."""
    shared = sum(other.group == series.group for other in among) > 1
    return f"{series.group.label}, {series.base}" if shared else series.group.label


def _how_to_read(is_numeric: bool, fixed: str) -> str:
    gap = "a gap in a line is a case without a time" if is_numeric else "a missing dot is a case without a time"
    start = f"Everything else at the baseline: {fixed}. " if fixed else ""
    return f"{start}Bars are 95 % intervals, often smaller than the marker; {gap}."


def _answer(series: Series) -> str:
    """Who leads at which values, and how far the best time moves."""
    rankings = [(value, series.at(value)) for value in series.values]
    if not any(ranking.order for _, ranking in rankings):
        return "nothing was timed."
    runs = [(who, [value for value, _ in run]) for who, run in groupby(rankings, key=lambda item: _leader(item[1]))]
    led = "; ".join(f"{who} at {_span(values, series.axis.is_numeric)}" for who, values in runs)
    best = [(ranking.order[0].time, value) for value, ranking in rankings if ranking.order]
    times = sorted(((time.value_s, value) for time, value in best if time), key=lambda pair: pair[0])
    (low_s, low_at), (high_s, high_at) = times[0], times[-1]
    if low_at == high_at:
        return f"fastest is {led}."
    return (
        f"fastest is {led}. The best time goes from {format.seconds(low_s, 3)} (at {low_at}) to "
        f"{format.seconds(high_s, 3)} (at {high_at}), {format.ratio(high_s / low_s)}."
    )


def _leader(ranking: Ranking) -> str:
    match ranking.verdict:
        case Verdict.NONE:
            return "nobody"
        case Verdict.TIE:
            return f"{names(ranking.leaders, 'or')} (tie)"
        case Verdict.ALONE:
            return f"{ranking.leaders[0]} (alone)"
        case Verdict.NO_INTERVAL:
            return f"{ranking.leaders[0]} (no interval)"
        case _:
            return ranking.leaders[0]


def _span(values: list[str], is_numeric: bool) -> str:
    return f"{values[0]}–{values[-1]}" if is_numeric and len(values) > 2 else ", ".join(values)


def _numbers(series: Series) -> Block:
    """Times by implementation and value; the fastest in bold, all of them on a tie."""
    leaders = {value: series.at(value).leaders for value in series.values}
    rows: list[tuple[Cell | str, ...]] = [
        (name, *(time_cell(row.get(value), is_best=name in leaders[value]) for value in series.values))
        for name, row in series.results.items()
    ]
    rows.append(("direct FLOPs", *(_flops(series, value) for value in series.values)))
    head = (series.axis.name, *series.values)
    return table(head, "l" + "r" * len(series.values), rows)


def _flops(series: Series, value: str) -> Cell:
    case = series.at(value).results[0]
    return Cell(format.flops(case.direct_flops), look="muted")
