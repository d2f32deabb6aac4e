"""Prints the history of a machine: its steps, the newest first, and what changed with each."""

from __future__ import annotations

from bench import format as text
from bench.compare.history.history import History, HistoryStep
from bench.report.histories.panels import EVERY, goes_with
from bench.terminal import console

_COLUMNS = ("since", "case", "implementation", "after / before", "95 %", "changed with it")


def show(found: History) -> None:
    """Print one sentence, the steps, and the runs that are not in it."""
    timeline = found.timeline
    runs, rows = text.count(len(timeline.runs), "run"), text.count(len(timeline.rows), "row")
    span = f"{timeline.runs[0].created_utc[:10]} to {timeline.runs[-1].created_utc[:10]}"
    steps = text.count(len(found.steps), "step") if found.steps else "no step"
    console.print_line(f"{timeline.machine}: {steps} in {rows} of {runs}, {span}")
    if found.steps:
        cells = [_cells(step) for step in found.steps]
        console.print_table("", _COLUMNS, cells, left=(0, 1, 2, 5), keys=3, under_names=True)
        console.print_line("single rows are beside what all rows do together; a step lasts three runs at least")
    for sentence in timeline.left_out:
        console.print_line(f"left out: {sentence}")
    for machine, number in timeline.others.items():
        console.print_line(f"{text.count(number, 'run')} of another machine: --machine {machine!r}")


def _cells(step: HistoryStep) -> list[str]:
    return [
        step.after_utc[:16].replace("T", " "),
        step.case_key or EVERY,
        step.implementation or "",
        text.ratio(step.ratio),
        text.money_range(step.low, step.high),
        goes_with(step),
    ]
