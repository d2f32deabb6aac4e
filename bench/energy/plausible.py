"""Refuses readings of power that no running machine can have, by name, before they become joules."""

from __future__ import annotations

import math

from bench.energy.meter import MeterError

# A rack draws more, one machine does not: the largest servers of 2025, with eight GPUs, have power supplies for some
# 10 kW in normal use.
MOST_W = 10_000.0
# Windows under load and idle periods take turns within this time, so that a sensor of a real load changes.
FROZEN_S = 300.0


def require_plausible(label: str, power_w: float) -> float:
    """The power itself, in watts. Raises MeterError unless it is above 0 and at most 10 kW."""
    if not math.isfinite(power_w):
        raise MeterError(f"{label} reports {power_w} W, which is no power")
    if power_w < 0:
        raise MeterError(f"{label} reports a negative power, {power_w:.6g} W: it is wired the wrong way or broken")
    if power_w == 0:
        raise MeterError(f"{label} reports 0 W, but a running machine draws power: no sensor is connected")
    if power_w > MOST_W:
        raise MeterError(
            f"{label} reports {power_w:.6g} W, over the {MOST_W:,.0f} W that a machine may draw: it is broken, or its "
            "unit is not the watt"
        )
    return power_w


class Frozen:
    """Notices a sensor that reports the same power, to the last digit, for as long as `FROZEN_S`."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._last_w: float | None = None
        self._since_s = 0.0

    def see(self, time_s: float, power_w: float) -> None:
        """Note a reading. Raises MeterError if the power has stood still for too long."""
        if power_w != self._last_w:
            self._last_w, self._since_s = power_w, time_s
        elif time_s - self._since_s > FROZEN_S:
            raise MeterError(
                f"{self._label} stands still: {power_w:.6g} W for {time_s - self._since_s:.0f} s, through work and rest"
            )
