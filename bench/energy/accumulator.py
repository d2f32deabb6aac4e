"""Accumulates joules since opening from one hardware counter, which may wrap around but not fall, leap or stand still.

A counter that was reset to zero looks like one that wrapped around. The power that a wrap would imply tells which it
was: no socket draws more than `SOCKET_MOST_W`.
"""

from __future__ import annotations

from bench.energy.meter import MeterError
from bench.energy.plausible import MOST_W

# Twice the 500 W of the largest sockets of 2025. Only RAPL counters wrap.
SOCKET_MOST_W = 1_000.0
# Ten times the longest delay of a reading, which is one period of the counter (at most 100 ms).
_LATE_S = 1.0
# Running hardware always draws power, and its counters move at least ten times a second. A counter that stands still
# for this long does not exist, as in virtual machines that answer every register with 0. It must not count as zero.
_STILL_S = 2.0


class Accumulator:
    """One counter with the unit `joules_per_count`; it wraps around after `range_counts`, None if it never wraps.

    `label` names it in errors. `most_w` is a power that the hardware never exceeds. `counts` at `time_s` is the first
    reading.
    """

    def __init__(
        self,
        label: str,
        counts: int,
        time_s: float,
        joules_per_count: float,
        range_counts: int | None = None,
        most_w: float = SOCKET_MOST_W,
    ) -> None:
        self._label = label
        self._unit_j = joules_per_count
        self._range = range_counts
        self._most_w = most_w
        self._last = counts
        self._last_s = self._opened_s = time_s
        # In counts, so that rounding errors do not add up.
        self._total = 0

    def add(self, counts: int, time_s: float) -> float:
        """Joules since opening. A leap is a step that needs more power than any machine draws.

        Raises MeterError if the counter fell, leapt, stands still or was not read for too long.
        """
        step = counts - self._last
        since_s = time_s - self._last_s
        self._refuse_unseen_wraps(since_s)
        if step < 0:
            step = self._unwrapped(step, since_s)
        self._refuse_leap(step, since_s)
        if self._total + step == 0 and time_s - self._opened_s > _STILL_S:
            raise MeterError(
                f"the counter {self._label} has not moved for {time_s - self._opened_s:.1f} s: no sensor is "
                "connected, as in many virtual machines"
            )
        self._total += step
        self._last, self._last_s = counts, time_s
        return self._total * self._unit_j

    def _unwrapped(self, step: int, since_s: float) -> int:
        if self._range is not None:
            wrapped = step + self._range
            if 0 <= wrapped * self._unit_j <= self._most_w * (since_s + _LATE_S):
                return wrapped
        raise MeterError(
            f"the counter {self._label} ran backwards, by {-step * self._unit_j:.6g} J in {since_s:.3g} s: it was "
            "reset, or its driver was reloaded"
        )

    def _refuse_leap(self, step: int, since_s: float) -> None:
        step_j = step * self._unit_j
        if step_j > MOST_W * (since_s + _LATE_S):
            raise MeterError(
                f"the counter {self._label} leapt by {step_j:.6g} J in {since_s:.3g} s, which needs over "
                f"{MOST_W:,.0f} W: its driver was reloaded, or it does not count energy"
            )

    def _refuse_unseen_wraps(self, since_s: float) -> None:
        if self._range is None:
            return
        wrap_j = self._range * self._unit_j
        if self._most_w * since_s > wrap_j:
            raise MeterError(
                f"the counter {self._label} was not read for {since_s:.0f} s and wraps around every "
                f"{wrap_j:.6g} J: a wrap may have been missed; read it more often"
            )
