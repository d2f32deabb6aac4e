"""Combines RAPL counters into scopes, for both ways of reading them.

On a machine with several packages their sum is a further scope, `packages`, listed first: work and its memory may be
on any package. Package counters are required; memory (dram) and platform (psys) are reported as long as their counters
are valid.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.energy.accumulator import SOCKET_MOST_W, Accumulator
from bench.energy.meter import PACKAGE, PACKAGES, MeterError, Reading

# The platform includes all sockets, memory and the rest: a bound of four times the bound of a socket.
_PLATFORM_MOST_W = 4 * SOCKET_MOST_W

# Returns the time of a reading and its count. Raises MeterError.
Count = Callable[[], tuple[float, int]]


class Counters:
    """The counters by scope, in the order in which they are added."""

    def __init__(self) -> None:
        self._counters: dict[str, tuple[Count, Accumulator]] = {}
        self._lost: dict[str, str] = {}

    def add(self, scope: str, count: Count, joules_per_count: float, range_counts: int | None = None) -> None:
        """Add a counter whose joules start now. Raises MeterError as `count` does."""
        time_s, counts = count()
        most_w = _PLATFORM_MOST_W if scope.startswith("psys") else SOCKET_MOST_W
        joules = Accumulator(f"RAPL {scope}", counts, time_s, joules_per_count, range_counts, most_w)
        self._counters[scope] = (count, joules)

    @property
    def scopes(self) -> tuple[str, ...]:
        packages = [scope for scope in self._counters if scope.startswith(PACKAGE)]
        return (*((PACKAGES,) if len(packages) > 1 else ()), *self._counters)

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
        if self.scopes[0] == PACKAGES:
            joules = {PACKAGES: sum(j for scope, j in joules.items() if scope.startswith(PACKAGE)), **joules}
        return Reading(time_s, joules, dict(self._lost))
