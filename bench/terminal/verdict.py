"""What `convcost measure` says of a case in words: which is fastest, what cannot be told apart, what was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import format
from bench.rows.delegation import competing, label
from bench.store.schema import Row
from bench.store.status import Flag


def of(timed: Sequence[Row]) -> str:
    """The sentences for the timed rows of a case, fastest first."""
    ranked = competing(timed)
    return " ".join((_best(ranked), *_without_interval(ranked), *_choices(timed), *_payback(ranked), *_noise(timed)))


def _best(ranked: Sequence[Row]) -> str:
    """Who is fastest, or who cannot be told from the fastest."""
    best, others = label(ranked[0]), ranked[1:]
    if level := _level(ranked):
        said = f"{best} is not to be told from {', '.join(map(label, level))}"
    elif others and all(row.over_best_low is None for row in others):
        said = f"{best} took the least time"
    else:
        said = f"{best} is fastest"
    return f"{said} (over best: paired within blocks, not a quotient of the times shown)."


def _level(ranked: Sequence[Row]) -> list[Row]:
    return [row for row in ranked[1:] if row.over_best_low is not None and row.over_best_low <= 1]


def _without_interval(ranked: Sequence[Row]) -> Iterator[str]:
    """Of whom no interval says whether they are slower: neither level nor beaten."""
    named = [f"{label(row)} ({format.ratio(row.over_best)})" for row in ranked[1:] if row.over_best_low is None]
    if named:
        yield f"Too few samples for an interval: {', '.join(named)}."


def _choices(timed: Sequence[Row]) -> Iterator[str]:
    """What those ran that only chose another, and how good the choice was."""
    ranked = competing(timed)
    level = {row.implementation for row in _level(ranked)}
    for row in (row for row in timed if row not in ranked):
        if row.delegate == ranked[0].implementation:
            yield f"{row.implementation} ran {row.delegate}, the fastest."
        elif row.delegate in level:
            yield f"{row.implementation} ran {row.delegate}, which is level with it."
        else:
            yield f"{row.implementation} ran {row.delegate}: {format.ratio(row.over_best)} the fastest's time."


def _payback(ranked: Sequence[Row]) -> Iterator[str]:
    """Below how many calls another than the fastest is done first, its plan included."""
    best, calls = ranked[0].implementation, ranked[0].break_even_calls
    starter = next((row.implementation for row in ranked if row.break_even_calls == 1), None)
    if calls is not None and calls > 1 and starter is not None:
        yield f"Its plan included, {best} pays from {calls:,} calls on; for fewer, start with {starter}."


def _noise(timed: Sequence[Row]) -> Iterator[str]:
    """Whether the machine was quiet enough to say."""
    if noisy := sum(Flag.NOISY in row.flags for row in timed):
        yield f"The machine was busy: {noisy} of {len(timed)} are noisy; close other programs."
