"""The status of a measurement, the flags that warn about its time, and both as text in a table."""

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
        """Whether something went wrong. An unsupported case is no fault."""
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
    """Flags as the text of one column."""
    return _SEPARATOR.join(flags)


def separated(text: str | None) -> tuple[str, ...]:
    """The inverse of `joined`; nothing for an empty or missing column."""
    return tuple(text.split(_SEPARATOR)) if text else ()
