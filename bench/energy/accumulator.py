"""Joules since opening from one hardware counter, which may wrap around but neither fall nor stand still.

A counter that starts again at zero looks like one that wrapped around. They are told apart by the power that a wrap
would mean: no socket draws more than `SOCKET_MOST_W`.
"""

from __future__ import annotations

from bench.energy.meter import MeterError

# Twice the 500 W of the largest sockets of 2025. Only RAPL counters wrap.
SOCKET_MOST_W = 1_000.0
# A reading may be late by one period of the counter (100 ms at most); ten times that.
_LATE_S = 1.0
# Live silicon always draws power and its counters move ten times a second. One that has not moved for so long is not
# there, as in virtual machines that answer every register with 0: a zero would stand for a missing figure.
_STILL_S = 2.0


class Accumulator:
    """One counter: `joules_per_count` its unit, `range_counts` after how many it starts again, None if it never does.

    `label` names it in errors; `most_w` is a power that what it counts never draws. The first reading is given at
    opening.
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
        # In counts and not in joules, so that no rounding adds up.
        self._total = 0

    def add(self, counts: int, time_s: float) -> float:
        """Joules since opening. Raises MeterError if the counter fell, stands still or was left alone too long."""
        step = counts - self._last
        since_s = time_s - self._last_s
        self._refuse_unseen_wraps(since_s)
        if step < 0:
            step = self._unwrapped(step, since_s)
        if self._total + step == 0 and time_s - self._opened_s > _STILL_S:
            raise MeterError(
                f"the counter {self._label} has not moved for {time_s - self._opened_s:.1f} s: there is no sensor "
                "behind it, as in many virtual machines"
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
            "reset, or its driver was loaded anew"
        )

    def _refuse_unseen_wraps(self, since_s: float) -> None:
        if self._range is None:
            return
        wrap_j = self._range * self._unit_j
        if self._most_w * since_s > wrap_j:
            raise MeterError(
                f"the counter {self._label} was not read for {since_s:.0f} s and starts again every "
                f"{wrap_j:.6g} J: it may have done so unseen; read it more often"
            )
