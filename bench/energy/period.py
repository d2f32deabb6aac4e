"""Measures the update period of a meter by reading it until its value changes.

Drivers publish energy every 1 to 100 ms and rarely document the interval, so that the resolution of a window is
measured and not assumed (Z. Yang, K. Adamek, W. Armour, "Part-time Power Measurements", arXiv 2312.02741, section 4).
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.energy.meter import Meter, MeterError, Reading, Slow, counted

# The number of changes to wait for; the first only starts the count. At 100 ms each this takes a second.
_CHANGES = 9
# Of meters that may stand still for longer than most: a minute each.
_FEW_CHANGES = 4
# Most sources publish at least once a second. A counter without change for this long is stuck or asleep.
STILL_S = 5.0


@dataclass(frozen=True, slots=True)
class Period:
    """Seconds between two changes of a counter: their median, and the longest minus the shortest.

    `read_s` is the mean duration of a reading.
    """

    tau_s: float
    spread_s: float
    read_s: float

    @property
    def reach_s(self) -> float:
        """The greatest age of a published value: no longer period was observed."""
        return self.tau_s + self.spread_s


class Pulse:
    """Checked readings of one meter: no scope may run backwards, or vanish without a reason.

    `moved` is whether `lead` changed in the last reading. `lead` is the first counter of the meter's first scope:
    several counters move at different times, and their sum moves more often than any of them. `spent_s` is the total
    duration of all readings.
    """

    def __init__(self, meter: Meter, clock: Callable[[], float]) -> None:
        self.scopes = meter.scopes
        self.lead = counted(meter.scopes[0], meter.scopes)[0]
        self.reads = 0
        self.spent_s = 0.0
        self.moved = False
        self._meter = meter
        self._clock = clock
        self._last: Mapping[str, float] | None = None

    def read(self) -> Reading:
        """Read the meter. Raises MeterError as the meter does, and for a counter that vanished or ran backwards."""
        started = self._clock()
        reading = self._meter.read()
        self.spent_s += self._clock() - started
        self.reads += 1
        self._check(reading)
        self.moved = self._last is not None and reading.joules[self.lead] != self._last[self.lead]
        self._last = reading.joules
        return reading

    def still(self, waited_s: float) -> MeterError:
        """The error for a counter that has not moved for `waited_s` seconds."""
        return MeterError(f"the counter of {self._name(self.lead)} did not move in {waited_s:.3g} s")

    def _check(self, reading: Reading) -> None:
        joules = reading.joules
        for scope in self.scopes:
            if scope not in joules:
                if scope in reading.lost and scope not in (self.scopes[0], self.lead):
                    continue
                raise MeterError(f"{self._name(scope)} is gone: it is missing in the last reading")
            if self._last is not None and joules[scope] < self._last.get(scope, 0.0):
                fell = f"{joules[scope]:.6g} J after {self._last[scope]:.6g} J"
                raise MeterError(f"the counter of {self._name(scope)} ran backwards: {fell}")

    def _name(self, scope: str) -> str:
        return f"{self._meter.source} {scope}"


def patience_s(meter: Meter) -> float:
    """The seconds without a change after which a meter is stuck: 5 s, or as long as a slow meter says."""
    return max(STILL_S, meter.still_s) if isinstance(meter, Slow) else STILL_S


def update_period(
    meter: Meter, clock: Callable[[], float], *, changes: int | None = None, still_s: float | None = None
) -> Period:
    """The update period of the meter's first scope, from `changes` changes: 9, or 4 of a slow meter.

    Raises MeterError as `Pulse.read` does, and if the counter does not move for `still_s` seconds, by default those
    that the meter may stand still.
    """
    longest_s = patience_s(meter) if still_s is None else still_s
    wanted = changes or (_CHANGES if patience_s(meter) <= STILL_S else _FEW_CHANGES)
    pulse = Pulse(meter, clock)
    moments: list[float] = []
    since = pulse.read().time_s
    while len(moments) < wanted:
        now = pulse.read().time_s
        if pulse.moved:
            moments.append(now)
            since = now
        elif now - since > longest_s:
            raise pulse.still(now - since)
    gaps = [b - a for a, b in itertools.pairwise(moments)]
    return Period(statistics.median(gaps), max(gaps) - min(gaps), pulse.spent_s / pulse.reads)
