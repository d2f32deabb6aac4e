"""Shows time and rate along each axis of the sweep, every other axis at the baseline."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from bench import format
from bench.report.document.blocks import Block, Cell, Details, Gallery, Heading, Prose, Section, table
from bench.report.drawing import axis_lines
from bench.report.findings.cases import GROUP_AXES, THREADS, baseline_text
from bench.report.findings.ranking import Ranking, Verdict
from bench.report.findings.series import Series, series_of
from bench.report.sections.cells import names, time_cell
from bench.report.sections.study import Study
from bench.rows.standing import Standing, doubt, mostly_noisy


def sections(study: Study) -> Iterator[Section]:
    """One section per axis with two values or more in some group."""
    for axis in study.axes:
        found = series_of(axis, study.results, study.axes)
        if found:
            yield _section(study, found)
    split = [axis for axis in study.axes if axis.name in GROUP_AXES and axis.name != THREADS and len(axis.values) > 1]
    for axis in split:
        text = (
            f"No figure has {axis.name} ({', '.join(axis.values)}) as its axis. Each value has its own rankings and "
            f"figures, because times of different {axis.name}s are never mixed."
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
        images = [axis_lines.times(series, study.marks)]
        if any(r.rate_gflops is not None for row in series.results.values() for r in row.values()):
            images.append(axis_lines.rates(series, study.marks))
        blocks.append(Gallery(tuple(images)))
        blocks.append(Details(f"Numbers: time by {axis.name}, {title}", (_numbers(series),)))
    answers = tuple(_said(study, series, found) for series in found)
    return Section(f"axis-{axis.name}", f"By {axis.name}", answers, tuple(blocks))


def _said(study: Study, series: Series, among: tuple[Series, ...]) -> str:
    """The answer after the conditions and the problem, each only where there are several."""
    shared = sum(other.group == series.group for other in among) > 1
    if study.has_one_group and shared:
        return f"{series.base}: {_answer(series)}"
    return f"{_title(series, among)}: {_answer(series)}" if shared else study.said_of(series.group, _answer(series))


def _title(series: Series, among: tuple[Series, ...]) -> str:
    """The group, with the problem if the group has several series."""
    shared = sum(other.group == series.group for other in among) > 1
    return f"{series.group.label}, {series.base}" if shared else series.group.label


def _how_to_read(is_numeric: bool, fixed: str) -> str:
    gap = "a gap in a line is a case without a time" if is_numeric else "a missing dot is a case without a time"
    start = f"All other axes are at the baseline: {fixed}. " if fixed else ""
    return f"{start}Bars show 95 % intervals, often smaller than the marker; {gap}."


def _answer(series: Series) -> str:
    """The fastest implementation at each value, and the range of the best time."""
    rankings = [(value, series.at(value)) for value in series.values]
    if not any(ranking.order for _, ranking in rankings):
        return "nothing was timed."
    if mostly_noisy(result for _, ranking in rankings for result in ranking.timed):
        return "most times are uncertain, so the fastest is not named."
    runs = [(name, [value for value, _ in run]) for name, run in groupby(rankings, key=lambda item: _leader(item[1]))]
    led = "; ".join(f"{name} at {_span(values, series.axis.is_numeric)}" for name, values in runs)
    best = [(ranking.order[0].time, value) for value, ranking in rankings if _is_known(ranking)]
    times = sorted(((time.value_s, value) for time, value in best if time), key=lambda pair: pair[0])
    if len(times) < 2:
        return f"the fastest is {led}."
    (low_s, low_at), (high_s, high_at) = times[0], times[-1]
    return (
        f"the fastest is {led}. The best time ranges from {format.seconds(low_s, 3)} (at {low_at}) to "
        f"{format.seconds(high_s, 3)} (at {high_at}): {format.ratio(high_s / low_s)}."
    )


def _is_known(ranking: Ranking) -> bool:
    return bool(ranking.order) and doubt(ranking.order[0]) is not Standing.NOISY


def _leader(ranking: Ranking) -> str:
    match ranking.verdict:
        case Verdict.NONE:
            return "none"
        case Verdict.TIE:
            return f"{names(ranking.leaders, 'or')} (tie)"
        case Verdict.ALONE:
            return f"{ranking.leaders[0]} (only one timed)"
        case Verdict.UNDECIDED:
            return "undecided"
        case _:
            return ranking.leaders[0]


def _span(values: list[str], is_numeric: bool) -> str:
    return f"{values[0]}–{values[-1]}" if is_numeric and len(values) > 2 else ", ".join(values)


def _numbers(series: Series) -> Block:
    """Times by implementation and value; the fastest are in bold, on a tie all of them."""
    leaders = {value: series.at(value).decided for value in series.values}
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
