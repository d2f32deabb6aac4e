"""The status of a measurement, and the flags that warn about its time."""

from __future__ import annotations

from enum import StrEnum


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
    WIDE_RATIO = "wide-ratio"
    NOISY = "noisy"
    IMPOSSIBLE = "impossible"
    SIDE_EFFECTS = "side-effects"
