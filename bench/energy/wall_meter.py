"""Integrates the power of a wall meter, whose logger writes a time stamp and watts to a file or to a pipe.

It is the energy of the whole machine, losses of its power supply included. The values arrive late, by a clock of their
own: before the first window a load pattern tells how late. The meter then publishes joules so rarely that the work
before a window, which lasts two periods at least, is longer than the delay.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.energy import asked
from bench.energy.availability import Unavailable, detect
from bench.energy.background import Background
from bench.energy.cpu_conditions import cpu_conditions
from bench.energy.load_pattern import Delay, TimeAndLoad, find_delay, keep_busy, run_pattern
from bench.energy.meter import WALL, Found, MeterError, Method, Reading
from bench.energy.wall_lines import Command, FollowedFile, Lines, Parser, WallValue
from bench.energy.wall_series import WallSeries, require_our_time

# How often new lines are looked for. A value is noticed so much later than it came, at both ends of a window.
_POLL_S = 0.05
# Values to wait for at opening, which tell the interval, and how long to wait for them.
_FIRST_VALUES, _FIRST_S = 3, 30.0
# With slower meters the load pattern would take over four minutes.
_SLOWEST_S = 5.0
# A meter without a new value for so many intervals, and this long, has stopped.
_SILENT_INTERVALS, _SILENT_S = 3, 2.0
# Work before a window takes two periods at least: a tenth of the twenty periods of the shortest plan.
_LEAD_PERIODS = 2

REAL = TimeAndLoad(time.time, time.sleep, keep_busy)


class WallMeter:
    """Reads the lines in the background; its only scope is `wall`. Closes `lines`, also if it cannot be opened."""

    source, method, device = "wall-meter", Method.POWER_INTEGRAL, "cpu"
    scopes = (WALL,)
    # That of the user's meter is unknown.
    gain_rel: float | None = None

    def __init__(
        self,
        lines: Lines,
        outside: TimeAndLoad = REAL,
        clock: Callable[[], float] = time.perf_counter,
        poll_s: float = _POLL_S,
    ) -> None:
        self._lines, self._outside, self._clock = lines, outside, clock
        self._delay: Delay | None = None
        self._offset_s: float | None = None
        # Every how many values joules are published, and the values since then.
        self._every, self._unpublished = 1, 0
        self._published_j = 0.0
        # What comes while a load pattern runs, with the Unix time of this machine at which it was noticed.
        self._came: list[tuple[WallValue, float]] | None = None
        try:
            self._parser = Parser(lines.name, lines.header)
            first = self._first_values()
            interval_s = statistics.median(b.stamp_s - a.stamp_s for a, b in itertools.pairwise(first))
            self._series = WallSeries(lines.name, first, interval_s)
            # Joules count from here on.
            self._opened_j, self._heard_s = self._series.joules, clock()
            self._background = Background("the wall meter", self._take, poll_s, clock)
        except BaseException:
            lines.close()
            raise

    @property
    def still_s(self) -> float:
        """See bench.energy.meter.Slow."""
        return (_SILENT_INTERVALS + 1) * self._every * self._series.interval_s + _SILENT_S

    def read(self) -> Reading:
        """See bench.energy.background.Background.read."""
        return self._background.read()

    def step(self) -> None:
        """Read what came, as the thread in the background does. Raises MeterError."""
        self._background.step()

    def synchronise(self, sleep: Callable[[float], None] | None = None) -> None:
        """See bench.energy.meter.Delayed. Raises MeterError if the load does not show, or shows over 10 s late."""
        outside = self._outside if sleep is None else replace(self._outside, sleep=sleep)
        came: list[tuple[WallValue, float]] = []
        self._came = came
        busy = run_pattern(self._series.interval_s, outside)
        self._came = None
        # So that a reading tells of a failure in the background, and not of too few values.
        self.read()
        rough_s = statistics.median([sample.stamp_s - came_s for sample, came_s in came]) if came else 0.0
        self._delay = find_delay([(sample.stamp_s - rough_s, sample.power_w) for sample, _ in came], busy)
        self._offset_s = rough_s + self._delay.delay_s
        # A value is a mean since the one before, which also must be one of the work.
        late_s = max(0.0, self._delay.delay_s) + self._series.interval_s
        self._every = max(1, math.ceil(late_s / (_LEAD_PERIODS * self._series.interval_s)))

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.cpu_conditions; plus what the load pattern told.

        `delay_s` and `delay_u95_s`: how late the values arrive; `clock_offset_s`: the meter's clock less this one's;
        `swing_w`: the power of the load.
        """
        found = cpu_conditions()
        if self._delay is not None:
            found |= {
                "delay_s": self._delay.delay_s,
                "delay_u95_s": self._delay.u95_s,
                "clock_offset_s": self._offset_s,
                "swing_w": self._delay.swing_w,
            }
        return found

    def close(self) -> None:
        self._background.close()
        self._lines.close()

    def _first_values(self) -> list[WallValue]:
        found: list[WallValue] = []
        end = self._clock() + _FIRST_S
        while len(found) < _FIRST_VALUES:
            if self._clock() > end:
                raise Unavailable(
                    f"{self._lines.name} had {len(found)} new lines in {_FIRST_S:g} s, and {_FIRST_VALUES} are needed",
                    "start the logger, and let it write each line at once, one every second or more often",
                )
            new = list(filter(None, map(self._parser.sample, self._lines.new())))
            if new and not found:
                require_our_time(self._lines.name, new[-1].stamp_s - self._outside.unix())
            found += new
            self._outside.sleep(_POLL_S)
        # More may have come at once than are needed.
        interval_s = (found[-1].stamp_s - found[0].stamp_s) / (len(found) - 1)
        if interval_s > _SLOWEST_S:
            raise Unavailable(
                f"{self._lines.name} has a value every {interval_s:.3g} s; one every {_SLOWEST_S:g} s or more often is "
                "needed"
            )
        return found

    def _take(self) -> dict[str, float]:
        """The published joules, after what came."""
        for line in self._lines.new():
            sample = self._parser.sample(line)
            if sample is None:
                continue
            self._series.add(sample)
            self._heard_s = self._clock()
            if (came := self._came) is not None:
                came.append((sample, self._outside.unix()))
            self._unpublished += 1
        silent_s = self._clock() - self._heard_s
        if silent_s > _SILENT_INTERVALS * self._series.interval_s + _SILENT_S:
            raise MeterError(
                f"{self._lines.name} has had no new line for {silent_s:.1f} s, where one came every "
                f"{self._series.interval_s:.3g} s"
            )
        if self._unpublished >= self._every:
            self._published_j, self._unpublished = self._series.joules - self._opened_j, 0
        return {WALL: self._published_j}


def open_lines(wanted: asked.Asked) -> Lines:
    """The source of lines that a user asks for. Raises Unavailable without one."""
    if wanted.error is not None:
        raise Unavailable(wanted.error)
    if wanted.kind == asked.CSV:
        return FollowedFile(Path(wanted.target))
    if wanted.kind == asked.COMMAND:
        return Command(wanted.target)
    remedy = f"with a wall meter, set {asked.VARIABLE}=csv:FILE (what its logger writes) or command:PROGRAM"
    raise Unavailable("none was named", remedy)


def find(wanted: asked.Asked, outside: TimeAndLoad = REAL) -> Found:
    """Detect the source."""
    found = detect("wall-meter", "cpu", Method.POWER_INTEGRAL, lambda: WallMeter(open_lines(wanted), outside))
    # A value that is wrong asks for some meter.
    return replace(found, is_asked_for=wanted.error is not None or wanted.kind in (asked.CSV, asked.COMMAND))
