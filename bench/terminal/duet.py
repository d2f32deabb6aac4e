"""Prints a duet: what is compared and for how long, its progress, and its changes, the largest first."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence

from bench import format as text
from bench.compare.comparison import SideComparison
from bench.compare.duet.sides import DuetSide
from bench.compare.quantities import TIME
from bench.compare.quantity_changes import QuantityChanges, RowChange
from bench.compare.sentences import case_names
from bench.compare.verdicts import ChangeVerdict
from bench.run.duet import DuetFolders, DuetVisit
from bench.run.duet_job import expected_s
from bench.sweep.job import Job
from bench.terminal import busy, console

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


def show(found: SideComparison, folders: DuetFolders, sides: Sequence[DuetSide]) -> None:
    """Print the answer in a sentence, what differs, what all rows do together, the changed rows, and both runs."""
    times = found.of(TIME)
    console.print_line(_answer(found, times))
    if said := busy.sentence(folders.others, _BUSY):
        console.print_line(said)
    for one in found.unlike:
        console.print_line(f"A and B differ in {one.name}: {one.old} and {one.new}")
    for line in _faults(found):
        console.print_line(line)
    for changes in times:
        for line in _together(changes):
            console.print_line(line)
        _show_rows(changes)
    for side, only in zip(sides, (folders.only_a, folders.only_b), strict=True):
        if only:
            console.print_line(f"only {side.letter} has {', '.join(only)}: not compared")
    console.print_line(f"kept: {folders.a} (A) and {folders.b} (B), {text.seconds(folders.wall_s, 2)}")


def _answer(found: SideComparison, times: Sequence[QuantityChanges]) -> str:
    """The answer in one sentence."""
    if not times:
        return "nothing was timed on both sides"
    counted = {change: sum(len(changes.of(change)) for changes in times) for change in ChangeVerdict}
    rows, margin = sum(len(changes.rows) for changes in times), f"{100 * found.terms.margin:g} %"
    if counted[ChangeVerdict.SAME] == rows and not found.matched.broken:
        return f"nothing changed: {_all(rows)} the same within {margin}"
    said = [
        f"{number:,} {words}"
        for number, words in (
            (len(found.matched.broken), "no longer right"),
            (counted[ChangeVerdict.SLOWER], "slower"),
            (counted[ChangeVerdict.FASTER], "faster"),
            (counted[ChangeVerdict.SAME], f"the same within {margin}"),
            (counted[ChangeVerdict.UNDECIDED], "undecided"),
        )
        if number
    ]
    return f"B against A, {text.count(rows, 'row')}: {', '.join(said)}{_more(times)}"


def _all(rows: int) -> str:
    return "the only row is" if rows == 1 else f"all {rows:,} rows are"


def _more(times: Sequence[QuantityChanges]) -> str:
    """How much more measuring would decide the undecided rows."""
    waiting = [row for changes in times for row in changes.of(ChangeVerdict.UNDECIDED)]
    known = [row.more_s for row in waiting if row.more_s is not None]
    if not known:
        return ""
    minutes = max(1, math.ceil(max(known) / _MINUTE_S))
    return f"; about {text.count(minutes, 'more minute')} for a case would decide {_so_many(len(known), len(waiting))}"


def _so_many(some: int, every: int) -> str:
    return ("it" if every == 1 else "them") if some == every else f"{some} of them"


def _faults(found: SideComparison) -> Iterator[str]:
    for fate in (*found.matched.broken, *found.matched.mended):
        why = f" ({fate.reason})" if fate.reason else ""
        yield f"{fate.implementation} on {fate.case_key}: {fate.old} in A, {fate.new} in B{why}"


def _together(changes: QuantityChanges) -> Iterator[str]:
    """What all rows do together; nothing where there are few."""
    ends = changes.shared.interval(0.95)
    if changes.shared_verdict is None or ends is None:
        return
    ratio, low, high = (text.significant(math.exp(value), 4) for value in (changes.shared.change, *ends))
    takes = f"B takes {ratio} [{low}–{high}] of A's time"
    yield f"all rows together on {changes.device}: {takes}, {_words(changes.shared_verdict)}"


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
        _words(row.verdict),
    ]


def _words(change: ChangeVerdict) -> str:
    return change.value.replace("-", " ")
