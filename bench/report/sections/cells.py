"""Table cells and lists of names that several sections share."""

from __future__ import annotations

from collections.abc import Iterable

from bench import format
from bench.report.document.blocks import Cell
from bench.report.findings.results import Result
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
    small = format.interval(result.time) if result.time.interval_s else "no interval"
    chosen = f"{result.delegate}, " if result.delegate else ""
    return Cell(format.time(result.time) + flag, chosen + small, "best" if is_best else "")


def names(implementations: Iterable[str], word: str = "and") -> str:
    """Names in a sentence: a, b and c."""
    *most, last = implementations
    return f"{', '.join(most)} {word} {last}" if most else last
