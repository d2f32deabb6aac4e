"""How the measurement of one implementation ended, and what a reader of its row should beware of."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

_SEPARATOR = ","


class Status(StrEnum):
    """How the measurement of one implementation on one case ended."""

    OK = "ok"
    WRONG = "wrong"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMEOUT = "timeout"

    @property
    def is_fault(self) -> bool:
        """Whether something went wrong: neither a right result nor a case that the implementation does not support."""
        return self not in (Status.OK, Status.UNSUPPORTED)


class Flag(StrEnum):
    """A warning about the time of an ok row."""

    ONE_SAMPLE = "one-sample"
    CLOCK = "clock"
    FEW_BLOCKS = "few-blocks"
    WIDE_INTERVAL = "wide-interval"
    NOISY = "noisy"
    IMPOSSIBLE = "impossible"


def joined(flags: Iterable[str]) -> str:
    """Flags as one column of a table holds them."""
    return _SEPARATOR.join(flags)


def separated(text: str | None) -> tuple[str, ...]:
    """The inverse of `joined`; nothing for an empty or missing column."""
    return tuple(text.split(_SEPARATOR)) if text else ()
