"""Combines counters of a processor into scopes, for all ways of reading them: RAPL by perf, powercap and hwmon.

On a machine with several packages their sum is a further scope, `packages`, listed first: work and its memory may be
on any package. Package counters are required; memory (dram) and platform (psys) are reported as long as their counters
are valid.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.energy.accumulator import SOCKET_MOST_W, Accumulator
from bench.energy.meter import PACKAGE, MeterError, Reading, with_sum

# The platform includes all sockets, memory and the rest: a bound of four times the bound of a socket.
_PLATFORM_MOST_W = 4 * SOCKET_MOST_W

# Returns the time of a reading and its count. Raises MeterError.
Count = Callable[[], tuple[float, int]]


class Counters:
    """The counters by scope, in the order in which they are added; `label` names their kind in errors."""

    def __init__(self, label: str = "RAPL") -> None:
        self._label = label
        self._counters: dict[str, tuple[Count, Accumulator]] = {}
        self._lost: dict[str, str] = {}

    def add(self, scope: str, count: Count, joules_per_count: float, range_counts: int | None = None) -> None:
        """Add a counter whose joules start now. Raises MeterError as `count` does."""
        time_s, counts = count()
        most_w = _PLATFORM_MOST_W if scope.startswith("psys") else SOCKET_MOST_W
        joules = Accumulator(f"{self._label} {scope}", counts, time_s, joules_per_count, range_counts, most_w)
        self._counters[scope] = (count, joules)

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(with_sum(dict.fromkeys(self._counters, 0.0)))

    def read(self, clock: Callable[[], float]) -> Reading:
        """Read all counters one after the other. Raises MeterError if a package's fails, falls or stands still.

        Any other counter that does so is lost from then on, and the packages are kept.
        """
        started_s = clock()
        joules: dict[str, float] = {}
        for scope, (count, counter) in self._counters.items():
            if scope in self._lost:
                continue
            try:
                time_s, counts = count()
                joules[scope] = counter.add(counts, time_s)
            except MeterError as error:
                if scope.startswith(PACKAGE):
                    raise
                self._lost[scope] = str(error)
        time_s = (started_s + clock()) / 2
        return Reading(time_s, with_sum(joules), dict(self._lost))
