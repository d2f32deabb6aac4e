"""Which implementations compete on a case: one that only chooses another (`auto`) would tie with its own choice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Entry(Protocol):
    """The result of an implementation on a case; `delegate` is the one that computed in its place, if any."""

    @property
    def implementation(self) -> str: ...

    @property
    def delegate(self) -> str | None: ...


E = TypeVar("E", bound=Entry)


def competing(timed: Iterable[E]) -> list[E]:
    """The entries of one case that may win or tie: all but those whose delegate is an entry too.

    An entry whose delegate was not measured competes in its place.
    """
    entries = list(timed)
    measured = {entry.implementation for entry in entries}
    return [entry for entry in entries if entry.delegate not in measured - {entry.implementation}]


def label(entry: Entry) -> str:
    """The name of an entry, with its delegate in brackets if it has one."""
    return f"{entry.implementation} ({entry.delegate})" if entry.delegate else entry.implementation
