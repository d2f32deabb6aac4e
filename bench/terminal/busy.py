"""The sentence on a machine that other programs used while something was measured."""

from __future__ import annotations

from bench import format as text
from bench.machine.load import is_busy

# What the load does to a comparison with limits.
_LIMITS = "limits that are not met are undecided"


def sentence(others: float | None, so: str = _LIMITS) -> str | None:
    """The sentence, by the mean number of processors that others used; None on a quiet machine, or if it is unknown.

    `so` is what follows from it for the results.
    """
    return text.others(others, so) if others is not None and is_busy(others) else None
