"""Which implementations may win: none that is faster on inputs that it knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from bench.rows.delegation import Entry, competing
from bench.store.status import Flag


class Flagged(Entry, Protocol):
    """The result of an implementation on a case, with the warnings about it."""

    @property
    def flags(self) -> Sequence[Flag]: ...


F = TypeVar("F", bound=Flagged)


def is_trusted(entry: Flagged) -> bool:
    """Whether an entry may win."""
    return Flag.KNOWN_INPUTS not in entry.flags


def contenders(timed: Iterable[F]) -> list[F]:
    """The entries of one case that may win or tie: the trusted ones that compute themselves (`competing`)."""
    return competing(entry for entry in timed if is_trusted(entry))
