"""The rows of a comparison as cells: those that are called first, then the largest of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bench import format as text
from bench.compare.quantities import ERROR, JOULES, MEMORY, PLAN, TIME, Quantity
from bench.compare.quantity_changes import QuantityChanges, RowChange
from bench.compare.sentences import case_names, duration, interval, percent
from bench.compare.verdicts import ChangeVerdict

# How a figure of each quantity is written.
_FORMATS: Mapping[Quantity, Callable[[float], str]] = {
    TIME: text.seconds, PLAN: text.seconds, JOULES: text.joules, MEMORY: text.byte_count, ERROR: text.error,
}  # fmt: skip
CALLED = (ChangeVerdict.SLOWER, ChangeVerdict.FASTER)
_OTHERS = (ChangeVerdict.UNDECIDED, ChangeVerdict.SAME, ChangeVerdict.NOT_TESTED)
ALIGN = "llrrrrlr"


def columns(old: str = "old", new: str = "new") -> tuple[str, ...]:
    """The head of a table of changes, with the names of both sides."""
    return ("case", "implementation", old, new, "change", "95 % interval", "verdict", "decided by")


def shown(changes: QuantityChanges, most: int | None = None) -> tuple[list[RowChange], int]:
    """The rows to show, at most so many beside those that are called, and how many are left out."""
    called = [row for verdict in CALLED for row in changes.of(verdict)]
    others = [row for verdict in _OTHERS for row in changes.of(verdict)]
    kept = others if most is None else others[: max(0, most - len(called))]
    return [*called, *kept], len(others) - len(kept)


def is_beside(changes: QuantityChanges) -> bool:
    """Whether what all rows share is taken out of each row; of the pairs of a duet nothing is."""
    return changes.shared.is_taken_out and bool(changes.shared.of_runs.any())


def title(changes: QuantityChanges) -> str:
    """What the table has, in words."""
    beside = ", beside what all rows share" if is_beside(changes) else ""
    return f"{changes.quantity.words.capitalize()}: new over old{beside}; verdicts hold for all rows together"


def cells(changes: QuantityChanges, rows: Sequence[RowChange]) -> list[list[str]]:
    """A line of a table for each row."""
    value = _FORMATS[changes.quantity]
    names = case_names([row.case_key for row in changes.rows])
    return [
        [
            names[row.case_key], row.implementation, value(row.old), value(row.new), percent(row.ratio),
            interval(row.low, row.high), str(row.verdict),
            duration(row.more_s) if row.verdict is ChangeVerdict.UNDECIDED else "",
        ]
        for row in rows
    ]  # fmt: skip
