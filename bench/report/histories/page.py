"""Writes the history of a machine as one HTML file, which needs no other file and no script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench import format as text
from bench.compare.history.history import History, HistoryStep
from bench.compare.sentences import interval, percent, row_name_of
from bench.report.document import paper
from bench.report.document.blocks import Block, Details, Gallery, Image, Prose, Section, table
from bench.report.document.first_screen import FirstScreen, Number, Picture
from bench.report.drawing import time_by_run
from bench.report.drawing.time_by_run import DrawnSeries, DrawnStep
from bench.report.histories.panels import EVERY, SeriesPanel, goes_with, panels, step_on

# So many panels are drawn; more would make a page that no one reads.
_MOST = 60
# Lines of the table of runs that are open.
_OPEN = 30
_NO_STEP = "Neither all rows together nor any single row has become slower or faster for three runs or more."
_LEAD = (
    "A step lasts three runs at least; of unchanged code one history in twenty may have a false one. Times of rows are "
    "beside what all rows share in a run."
)


def write(found: History, file: Path) -> Path:
    """Write the page of a history. Raises InfrastructureError if the file cannot be written."""
    drawn = panels(found)
    first = first_screen(found, drawn)
    return paper.write(file, f"History of {found.timeline.machine}", first, _LEAD, (), sections(found, drawn))


def first_screen(found: History, drawn: Sequence[SeriesPanel]) -> FirstScreen:
    """How many steps there are and the newest one, in words, numbers and a picture."""
    timeline, steps = found.timeline, found.steps
    days = _days(found)
    together = [step for step in steps if step.case_key is None]
    last = drawn[0] if not steps else next(one for one in drawn if steps[0] in [step for _, step in one.steps])
    return FirstScreen(
        headline=headline(found),
        detail=f"The newest came with {goes_with(steps[0])}." if steps else _NO_STEP,
        conditions=f"{timeline.machine}: {text.count(len(timeline.runs), 'run')} from {days[0]} to {days[-1]}",
        numbers=(
            Number("Steps", f"{len(steps)}", f"in {text.count(len(timeline.rows), 'row')} of "
                   f"{text.count(len(timeline.runs), 'run')}"),
            Number("Direction", f"{_slower(steps)} slower, {len(steps) - _slower(steps)} faster",
                   "steps, of all rows together and of single rows"),
            Number("All rows together", f"{text.count(len(together), 'step')}",
                   "too few rows to share anything" if found.levels is None else "what all rows of a run share"),
        ),
        picture=_picture(found, last, days) if drawn else None,
        limits=(*(f"Left out: {line}." for line in timeline.left_out),
                *(f"{text.count(number, 'run')} of another machine: {name}." for name, number in
                  timeline.others.items())),
        limits_title="What this history leaves out",
    )  # fmt: skip


def headline(found: History) -> str:
    """The answer in one sentence: the newest step, and how many there are."""
    rows, runs = text.count(len(found.timeline.rows), "row"), text.count(len(found.timeline.runs), "run")
    if not found.steps:
        return f"No step in {rows} of {runs}."
    newest = found.steps[0]
    how_sure = interval(newest.low, newest.high)
    number = f"{text.count(len(found.steps), 'step')} in {rows} of {runs}"
    many = "it is" if len(found.steps) == 1 else "the newest is"
    return f"{number}; {many} {_name(newest)}, {percent(newest.ratio)} ({how_sure}) since {step_on(newest)}."


def sections(found: History, drawn: Sequence[SeriesPanel]) -> tuple[Section, ...]:
    """The steps, the panels with those that step first, and the runs."""
    days = _days(found)
    blocks: list[Block] = [Gallery(tuple(_image(found, one, days) for one in drawn[:_MOST]))]
    if len(drawn) > _MOST:
        blocks.append(Prose(f"{text.count(len(drawn) - _MOST, 'more series')} not drawn; --json has all."))
    stepping = sum(bool(one.steps) for one in drawn)
    said = f"{stepping} of {text.count(len(drawn), 'panel')} {'has' if stepping == 1 else 'have'} a step."
    return (
        *([_steps(found)] if found.steps else []),
        Section("series", "Time by run", (said,), tuple(blocks)),
        _runs(found),
    )


def _steps(found: History) -> Section:
    lines = [
        [step_on(step), _name(step), percent(step.ratio), interval(step.low, step.high), goes_with(step)]
        for step in found.steps
    ]
    head = ("since", "series", "after / before", "95 % interval", "changed with it")
    said = f"{text.count(len(lines), 'step')}, the newest first."
    return Section("steps", "Steps", (said,), (table(head, "llrrl", lines),))


def _runs(found: History) -> Section:
    names = ("convcost", "commit", "torch")
    lines = [
        [run.created_utc, run.path, *(str(run.environment.get(name) or text.MISSING) for name in names)]
        for run in reversed(found.timeline.runs)
    ]
    head = ("measured, UTC", "run", *names)
    opened: tuple[Block, ...] = (table(head, "lllll", lines[:_OPEN]),)
    if len(lines) > _OPEN:
        opened += (Details(f"{len(lines) - _OPEN:,} older", (table(head, "lllll", lines[_OPEN:]),)),)
    return Section("runs", "Runs", (f"{text.count(len(lines), 'run')}, the newest first.",), opened)


def _picture(found: History, one: SeriesPanel, days: Sequence[str]) -> Picture:
    wide, narrow = (_image(found, one, days, size) for size in (time_by_run.WIDE_IN, time_by_run.NARROW_IN))
    return Picture(wide, narrow, f"{one.heading}. {wide.drawing.reading}")


def _image(
    found: History, one: SeriesPanel, days: Sequence[str], size_in: tuple[float, float] = time_by_run.SMALL_IN
) -> Image:
    beside = "" if found.levels is None or one.name == EVERY else ", beside all"
    axis = f"time{beside}" if one.is_time else f"change{beside}"
    steps = tuple(DrawnStep(at, step.ratio, goes_with(step)) for at, step in one.steps)
    return time_by_run.panel(DrawnSeries(one.title, one.values, steps, axis, one.is_time, one.raw), days, size_in)


def _days(found: History) -> list[str]:
    return [run.created_utc[:10] or text.MISSING for run in found.timeline.runs]


def _name(step: HistoryStep) -> str:
    return EVERY if step.case_key is None else row_name_of(step.implementation or "", step.case_key)


def _slower(steps: Sequence[HistoryStep]) -> int:
    return sum(step.ratio > 1 for step in steps)
