"""Prints predicted times beside measured ones, for `convcost measure --predict`."""

from __future__ import annotations

from collections.abc import Sequence

from bench import format as text
from bench.predict.beside import Beside
from bench.rows.delegation import label
from bench.terminal import console

_COLUMNS = ("implementation", "measured", "predicted", "90 % interval", "predicted / measured", "")


def show(found: Sequence[Beside]) -> None:
    """Print a line for each row with a time, and how many of those predicted lie in their interval."""
    timed = [one for one in found if one.row.time_s is not None]
    if not timed:
        return
    console.print_table("predicted before it was measured", _COLUMNS, [_cells(one) for one in timed], left=(0, 3, 5))
    judged = [one.is_inside_interval for one in timed if one.is_inside_interval is not None and not one.outside]
    if judged:
        console.print_line(f"{sum(judged)} of {text.count(len(judged), 'time')} in the 90 % interval of the prediction")


def _cells(one: Beside) -> tuple[str, ...]:
    row = one.row
    if one.time_s is None or one.time_lo_s is None or one.time_hi_s is None or row.time_s is None:
        return (
            label(row),
            text.seconds(row.time_s),
            console.MISSING,
            console.MISSING,
            console.MISSING,
            "not in the model",
        )
    note = "outside" if one.outside else "" if one.is_inside_interval else "not in the interval"
    return (
        label(row),
        text.seconds(row.time_s),
        text.seconds(one.time_s),
        f"{text.seconds(one.time_lo_s, 3)} – {text.seconds(one.time_hi_s, 3)}",
        f"{one.time_s / row.time_s:.2f}",
        note,
    )
