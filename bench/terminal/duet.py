"""Prints a duet: what is compared and for how long, its progress, and its changes, the largest first."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

from bench import format as text
from bench.compare.comparison import SideComparison
from bench.compare.duet.sentences import answer, differences, faults, in_words, only_one_side, together
from bench.compare.duet.sides import DuetSide
from bench.compare.quantities import TIME
from bench.compare.quantity_changes import QuantityChanges, RowChange
from bench.compare.sentences import case_names
from bench.compare.verdicts import ChangeVerdict
from bench.report.changes.told import ToldChanges
from bench.run.duet import DuetFolders, DuetVisit
from bench.run.duet_job import expected_s
from bench.sweep.job import Job
from bench.terminal import busy, console
from bench.terminal.pages import show_changes

# Undecided rows that are shown: those with the largest changes.
_MOST_UNDECIDED = 10
_COLUMNS = ("case", "implementation", "A", "B", "B / A", "95 %", "verdict")
_MINUTE_S = 60.0
_BUSY = "pairs scatter more, and few changes are decided"


def announce(job: Job, sides: Sequence[DuetSide]) -> None:
    """Say on standard error what is measured, for how long, and what was left out."""
    for line in job.skipped:
        console.print_error(line)
    config, minutes = job.config, max(1, round(expected_s(job) / _MINUTE_S))
    console.print_error(
        f"{' against '.join(side.label for side in sides)}: {text.count(len(job.cases), 'case')}, "
        f"{text.count(config.processes, 'pair')} of processes, {text.count(config.visits, 'visit')} each; "
        f"about {text.count(minutes, 'minute')}"
    )


class _Progress:
    """A line for each round of visits: the last case of it is known by the next one's beginning."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._round = (0, 0)

    def __call__(self, step: DuetVisit) -> None:
        if (step.pair, step.visit) != self._round:
            self._round = step.pair, step.visit
            console.print_error(
                f"pair {step.pair}, visit {step.visit}: {time.monotonic() - self._started:.0f} s so far"
            )


def progress() -> _Progress:
    """Called with each visit; it prints one line a round."""
    return _Progress()


def show(found: SideComparison, folders: DuetFolders) -> None:
    """Print the answer in a sentence, what differs, what all rows do together, the changed rows, and both runs."""
    console.print_line(answer(found))
    if said := busy.sentence(folders.others, _BUSY):
        console.print_line(said)
    for line in (*differences(found), *faults(found)):
        console.print_line(line)
    for changes in found.of(TIME):
        for line in together(changes):
            console.print_line(line)
        _show_rows(changes)
    for line in only_one_side(folders.only_a, folders.only_b):
        console.print_line(line)
    console.print_line(_kept(folders))


def show_page(
    found: SideComparison, folders: DuetFolders, sides: Sequence[DuetSide], exit_code: int, file: Path
) -> None:
    """Write the page of a duet, and print its path on standard error."""
    said = busy.sentence(folders.others, _BUSY)
    remarks = (*([said] if said else []), *only_one_side(folders.only_a, folders.only_b), _kept(folders))
    show_changes(found, ToldChanges.of_duet(found, exit_code, [side.label for side in sides], remarks), file)


def _kept(folders: DuetFolders) -> str:
    return f"kept: {folders.a} (A) and {folders.b} (B), {text.seconds(folders.wall_s, 2)}"


def _show_rows(changes: QuantityChanges) -> None:
    changed = [row for change in (ChangeVerdict.SLOWER, ChangeVerdict.FASTER) for row in changes.of(change)]
    changed.sort(key=lambda row: -abs(math.log(row.ratio)))
    waiting = changes.of(ChangeVerdict.UNDECIDED)
    rows = [*changed, *waiting[:_MOST_UNDECIDED]]
    if rows:
        names = case_names([row.case_key for row in changes.rows])
        cells = [_cells(row, names[row.case_key]) for row in rows]
        console.print_table("", _COLUMNS, cells, left=(0, 1, 6), keys=2, under_names=True)
    if (left := len(waiting) - _MOST_UNDECIDED) > 0:
        console.print_line(f"{text.count(left, 'more row')} undecided: see --json")


def _cells(row: RowChange, case: str) -> list[str]:
    return [
        case,
        row.implementation,
        text.seconds(row.old),
        text.seconds(row.new),
        text.ratio(row.ratio),
        text.MISSING if row.low is None or row.high is None else text.money_range(row.low, row.high),
        in_words(row.verdict),
    ]
