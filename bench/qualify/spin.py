"""Makes calls slower by an exact share of their own time, and counts by how much each missed that.

The time that a call takes is read from the clock; then the processor spins until the call has taken so much longer. So
the true ratio to the same call without the spin is known, whatever the call, the machine and its load. The spin ends up
to one reading of the clock too late: that is counted, and is part of the true ratio.
"""

from __future__ import annotations

import statistics
import time
from array import array
from collections.abc import Callable
from typing import Any

# Of this process, by problem and candidate: the time that the spin was late, over that of the call.
_late: dict[tuple[str, str], array[float]] = {}

# One call of so many is counted, by the call after it: counting takes up to a microsecond, more than some spins.
_COUNTED = 16

_Call = Callable[[Any], Any]


def timed(run: _Call) -> _Call:
    """The call with the two readings of the clock of a slowed one, and no spin: their cost is the same for both."""
    now = time.perf_counter_ns

    def call(x: Any) -> Any:
        now()
        y = run(x)
        now()
        return y

    return call


def slowed(run: _Call, percent: int, descriptor: str, name: str) -> _Call:
    """The call, slower by so many per cent; counted by the descriptor of its problem and the candidate's name."""
    now = time.perf_counter_ns
    count = _late.setdefault((descriptor, name), array("d")).append
    taken, until, at, calls = 0, 0, 0, 0

    def call(x: Any) -> Any:
        nonlocal taken, until, at, calls
        started = now()
        y = run(x)
        ended = now()
        calls += 1
        if calls % _COUNTED == 0:
            # The call before. Within the spin: after it, counting would make the call slower.
            count((at - until) / taken)
        taken = ended - started
        until = ended + taken * percent // 100
        while (at := now()) < until:
            pass
        return y

    return call


def overshoots() -> list[dict[str, Any]]:
    """The median overshoot of each slowed call in this process, over the time of the call; the counts start anew.

    Median, since a spin that other programs interrupted is late by milliseconds, as the call itself would be.
    """
    found = [
        {"descriptor": descriptor, "implementation": name, "calls": len(late), "overshoot": statistics.median(late)}
        for (descriptor, name), late in _late.items()
        if late
    ]
    for late in _late.values():
        del late[:]
    return found
