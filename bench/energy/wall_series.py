"""Integrates the values of a wall meter by its own time stamps, and refuses what cannot be integrated, by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bench.energy.availability import Unavailable
from bench.energy.background import Integral
from bench.energy.meter import MeterError
from bench.energy.plausible import Frozen, require_plausible
from bench.energy.wall_lines import EXAMPLE, WallValue

# The clocks of loggers differ by some seconds; a load pattern measures by how many. Beyond this it is another time.
_MOST_OFFSET_S = 60.0
# Offsets of time zones are multiples of a quarter of an hour, up to 26 hours apart.
_ZONE_S, _FURTHEST_ZONE_S = 900.0, 26 * 3600.0
# A value that comes later than this many intervals after the one before leaves a gap: what was drawn in it is unknown.
_GAP_INTERVALS = 3
_S_PER_H = 3600.0


class WallSeries:
    """The values so far: `joules` since the first of them, and the interval at which they come."""

    def __init__(self, name: str, first: Sequence[WallValue], interval_s: float) -> None:
        """`first` are at least two values. Raises MeterError as `add` does."""
        self.interval_s = interval_s
        self._name = name
        self._frozen = Frozen(name)
        start = first[0]
        self._integral = Integral(start.stamp_s, require_plausible(name, start.power_w))
        for sample in first[1:]:
            self.add(sample)

    @property
    def joules(self) -> float:
        return self._integral.joules

    def add(self, sample: WallValue) -> None:
        """Add a value. Raises MeterError for absurd power, time that does not advance, a gap, and power that froze."""
        require_plausible(self._name, sample.power_w)
        since_s = sample.stamp_s - self._integral.time_s
        if since_s <= 0:
            raise MeterError(
                f"the time stamps of {self._name} do not increase: {_utc(sample.stamp_s)} comes after "
                f"{_utc(self._integral.time_s)}; its clock was set back, or it writes no fractions of a second"
            )
        if since_s > _GAP_INTERVALS * self.interval_s:
            raise MeterError(
                f"{self._name} has a gap of {since_s:.3g} s before {_utc(sample.stamp_s)}, where a value came every "
                f"{self.interval_s:.3g} s"
            )
        self._frozen.see(sample.stamp_s, sample.power_w)
        self._integral.add(sample.stamp_s, sample.power_w)


def require_our_time(name: str, ahead_s: float) -> None:
    """Raise Unavailable if time stamps are more than a minute ahead of this machine's clock, or behind it."""
    if abs(ahead_s) <= _MOST_OFFSET_S:
        return
    zones = round(ahead_s / _ZONE_S)
    if zones and abs(ahead_s - zones * _ZONE_S) <= _MOST_OFFSET_S and abs(ahead_s) <= _FURTHEST_ZONE_S + _MOST_OFFSET_S:
        raise Unavailable(
            f"the time stamps of {name} are {zones * _ZONE_S / _S_PER_H:+g} h from the clock of this machine: they are "
            "of another time zone",
            f"let the logger write the offset from UTC, as in {EXAMPLE}, or Unix seconds",
        )
    raise Unavailable(
        f"the time stamps of {name} are {ahead_s:+,.0f} s from the clock of this machine, and {_MOST_OFFSET_S:.0f} s "
        "are allowed: the logger's clock is wrong, or these are old lines",
        "set the logger's clock",
    )


def _utc(stamp_s: float) -> str:
    return datetime.fromtimestamp(stamp_s, UTC).isoformat(timespec="milliseconds")
