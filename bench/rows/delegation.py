"""Who competes with whom: an implementation that only chooses another (`auto`) would tie with its own choice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Entry(Protocol):
    """What an implementation made of a case, and to which other one it handed it on, if to any."""

    @property
    def implementation(self) -> str: ...

    @property
    def delegate(self) -> str | None: ...


E = TypeVar("E", bound=Entry)


def competing(timed: Iterable[E]) -> list[E]:
    """The entries of one case that may win or tie: all but those that ran what another of them is.

    One whose choice was not measured itself stands for it.
    """
    entries = list(timed)
    there = {entry.implementation for entry in entries}
    return [entry for entry in entries if entry.delegate not in there - {entry.implementation}]


def label(entry: Entry) -> str:
    """Its name; with what it ran, where it only chose."""
    return f"{entry.implementation} ({entry.delegate})" if entry.delegate else entry.implementation
