"""Table cells and lists of names that several sections share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench import format
from bench.report.document.blocks import Cell, Table, table
from bench.report.findings.results import Result, Time
from bench.report.sections.study import Study
from bench.rows.standing import Standing, Timed, doubt
from bench.store.status import Status

# Marks a time with a warning; the first section lists the warnings.
FLAG = " †"


def time_cell(result: Result | None, *, is_best: bool = False) -> Cell:
    """A time with its interval and the chosen implementation, if any; without a time, the status."""
    if result is None:
        return Cell(format.MISSING, look="muted")
    if result.time is None:
        return Cell("no time" if result.status is Status.OK else result.status, look="muted")
    flag = FLAG if result.flags else ""
    small = interval(result, result.time)
    chosen = f"{result.delegate}, " if result.delegate else ""
    return Cell(format.time(result.time) + flag, chosen + small, "best" if is_best else "")


def interval(entry: Timed, time: Time | None) -> str:
    """The 95 % interval of a time, or why there is none."""
    if time is not None and time.interval_s:
        return format.interval(time)
    return "no interval: too noisy" if doubt(entry) is Standing.NOISY else "no interval"


def names(implementations: Iterable[str], word: str = "and") -> str:
    """Names in a sentence: a, b and c."""
    *most, last = implementations
    return f"{', '.join(most)} {word} {last}" if most else last


def by_conditions(study: Study, head: Sequence[str], align: str, rows: Sequence[Sequence[Cell | str]]) -> Table:
    """A table whose first column has the conditions of each row; it is left out where the run has only one set."""
    left_out = int(study.has_one_group)
    return table(head[left_out:], align[left_out:], [row[left_out:] for row in rows])
