"""The picture of a comparison: what all rows share, then each row, the largest change first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bench import format as text
from bench.compare.quantity_changes import QuantityChanges
from bench.compare.sentences import case_names
from bench.compare.verdicts import ChangeVerdict
from bench.report.changes import rows
from bench.report.document.blocks import Image
from bench.report.document.first_screen import Picture
from bench.report.drawing.change_intervals import DrawnChange, panel

# So many rows are drawn, and so many on a telephone; rows that are called slower or faster come before others.
_MOST, _MOST_NARROW = 24, 12


def picture(times: Sequence[QuantityChanges], margin: float) -> Picture | None:
    """The changes of time of the first device; None without any."""
    if not times:
        return None
    wide = image(times[0], margin)
    return Picture(
        wide, image(times[0], margin, is_narrow=True), f"{wide.drawing.reading}{_beside(times[0])}{_left_out(times[0])}"
    )


def image(changes: QuantityChanges, margin: float, *, is_narrow: bool = False) -> Image:
    """The largest changes of a quantity with their intervals."""
    drawn = [*_together(changes), *changes_to_draw(changes, _MOST_NARROW if is_narrow else _MOST)]
    title = f"Change of {changes.quantity.words} on {changes.device}"
    return panel(drawn, title, margin, is_narrow=is_narrow)


def changes_to_draw(changes: QuantityChanges, most: int) -> list[DrawnChange]:
    """The rows that are called, as far as there is room, then the largest others, all sorted by size."""
    names = case_names([row.case_key for row in changes.rows])
    kept = rows.shown(changes, most)[0][:most]
    return [
        DrawnChange(row.implementation, names[row.case_key], row.ratio, row.low, row.high, row.verdict)
        for row in sorted(kept, key=lambda row: -abs(math.log(row.ratio)))
    ]


def _together(changes: QuantityChanges) -> Iterator[DrawnChange]:
    """What all rows share, where it has a test."""
    ends = changes.shared.interval(0.95)
    if not changes.shared.is_taken_out:
        return
    low, high = (None, None) if ends is None else map(math.exp, ends)
    verdict = changes.shared_verdict or ChangeVerdict.NOT_TESTED
    yield DrawnChange("all rows together", "", math.exp(changes.shared.change), low, high, verdict)


def _beside(changes: QuantityChanges) -> str:
    return " Changes of rows are beside what all rows share." if rows.is_beside(changes) else ""


def _left_out(changes: QuantityChanges) -> str:
    more = len(changes.rows) - _MOST
    if more <= 0:
        return ""
    return f" {text.count(more, 'other row')} {'is' if more == 1 else 'are'} in the table below."
