"""Shows how much measuring energy slows calls down."""

from __future__ import annotations

from collections.abc import Sequence

from bench.energy.meter import MeterError
from bench.energy.overhead import MeterOverhead
from bench.terminal import busy, console


def failure(error: MeterError, others: float | None) -> str:
    """The sentences on a meter that failed; `others` is the mean number of processors that other programs used."""
    said = busy.sentence(others, "the meter may have been read too late")
    return f"the energy meter failed: {error}" + (f". {said}" if said else "")


def show(found: Sequence[MeterOverhead], others: float | None = None) -> None:
    """One line per meter in a table: time without calls by the clock, and the paired slow-down with its interval.

    A machine that other programs used, `others` processors of it on average, is said first.
    """
    if said := busy.sentence(others, "a slow-down may be theirs"):
        console.print_line(said)
    rows = [
        [
            entry.meter,
            f"{100 * entry.overhead.accounted:.3f} %",
            _percent(entry.overhead.ratio.estimate),
            _interval(entry),
        ]
        for entry in found
    ]
    columns = ["meter", "no call ran", "slower by", "95 % interval"]
    console.print_table("What measuring energy costs", columns, rows)
    if any(entry.is_simulated for entry in found):
        console.print_line(
            "This machine has no energy counter for the CPU: the counters are simulated by files on disk."
        )


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.2f} %"


def _interval(entry: MeterOverhead) -> str:
    low, high = entry.overhead.ratio.low, entry.overhead.ratio.high
    return console.MISSING if low is None or high is None else f"{_percent(low)} to {_percent(high)}"
