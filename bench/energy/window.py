"""Measures one window between two edges of a counter, while work runs across both edges.

A counter published every τ seconds is exact at the moment of a change, and up to τ old at other times. So the window
starts and ends at changes: the meter is read often near these, and hardly in between. An edge is between the last old
and the first new reading; its best estimate is the midpoint, to which the number of calls is interpolated.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bench.energy.flags import EnergyFlag
from bench.energy.meter import Meter, MeterError, Reading, counted
from bench.energy.period import Period, Pulse, patience_s
from bench.energy.uncertainty import Span
from bench.energy.work import Workload
from bench.machine.load import LoadWatch, OthersUse

# The number of readings per period near an edge, and their least distance in durations of a reading. Within a window
# readings then take at most a tenth of one period, less than 0.5 % of a window of 20 periods.
_POLLS_PER_PERIOD = 20
_POLL_READS = 10
# Reading starts this many periods before an expected edge; a counter out of step costs a few more readings.
_AHEAD = 0.25
# Between the edges work runs in strides of this length, and only the clock is read between strides.
_STRIDE_S = 0.1
# The meter is also read at this interval, so that no wrap is missed: the shortest known RAPL counters wrap within 65 s
# at a socket's highest power, and within 16 s at a platform's.
_UNREAD_S = 10.0
# A call that has not ended after this long is assumed to hang.
_STALLED_S = 300.0
# Keys of Meter.conditions that flag a window.
_THROTTLE, _THROTTLES, _OTHERS = "throttle_reasons", "throttle_count", "other_processes"
# The processor time of neighbours, as a share of all, above which a window of a processor's meter is flagged. If calls
# keep all processors busy, such neighbours add about as many joules as the target of the full plan, 1 %; else more.
MOST_NEIGHBOURS = 0.01


@dataclass(frozen=True, slots=True)
class Setup:
    """The meter, period and clock of all windows. `check` is a second meter of the same device."""

    meter: Meter
    period: Period
    clock: Callable[[], float]
    check: Meter | None = None

    @property
    def poll_s(self) -> float:
        """The seconds between two readings near an edge."""
        return max(self.period.tau_s / _POLLS_PER_PERIOD, _POLL_READS * self.period.read_s)

    def until_edge_s(self, seconds: float) -> float:
        """The seconds from the first edge to shortly before the last edge of a window, where readings start again."""
        tau_s = self.period.tau_s
        return (math.ceil(seconds / tau_s) - _AHEAD) * tau_s


@dataclass(frozen=True, slots=True)
class Edge:
    """A change of the counter: its time, the number of completed calls, the joules, the uncertainty of the time.

    A scope that did not change together with the first may be one period old. `lost` holds the reasons for missing
    scopes.
    """

    time_s: float
    calls: float
    joules: Mapping[str, float]
    delta_s: Mapping[str, float]
    lost: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """The energy, calls and length of a window; `conditions` are those at its two ends, under load.

    `polling_s` is the time spent on readings within it. `check_w` is the power by the second meter, None without one.
    `neighbours` is the processor time of other programs; None if the system does not tell. `lost` holds the reasons for
    missing scopes. Flags: `throttled` (for heat), `other-processes`, `busy-neighbours`, `check-failed`.
    """

    energy_j: Mapping[str, float]
    calls: float
    window_s: float
    delta_s: Mapping[str, tuple[float, float]]
    polling_s: float = 0.0
    conditions: tuple[Mapping[str, Any], ...] = ()
    flags: tuple[EnergyFlag, ...] = ()
    check_w: float | None = None
    neighbours: OthersUse | None = None
    lost: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Window:
        """The inverse of `dataclasses.asdict`, also after a way through JSON."""
        use = data["neighbours"]
        typed = {
            "delta_s": {scope: (start, end) for scope, (start, end) in data["delta_s"].items()},
            "conditions": tuple(data["conditions"]),
            "flags": tuple(map(EnergyFlag, data["flags"])),
            "neighbours": None if use is None else OthersUse(**use),
        }
        return cls(**{**data, **typed})

    def span(self, scope: str) -> Span:
        """The window in one scope."""
        return Span(self.energy_j[scope], self.window_s, self.calls, self.delta_s[scope], self.polling_s)


def aligned(setup: Setup, work: Workload, seconds: float, *, lead_s: float = 0.0, observe: bool = True) -> Window:
    """Measure a window of `seconds`, plus up to one period, between two edges, after `lead_s` of the same work.

    `observe` is whether conditions and the second meter are read. Raises MeterError if the counter stands still,
    vanishes or runs backwards, TimeoutError for a call that does not end, and the errors of the call.
    """
    work.finish()
    try:
        run = _Run(setup, work)
        run.go_on(lead_s)
        watch = LoadWatch() if observe else None
        found = [setup.meter.conditions()] if observe else []
        start = run.edge()
        check = _Check(setup.check if observe else None)
        polled_s = run.pulse.spent_s
        run.go_on(setup.until_edge_s(seconds) - (setup.clock() - start.time_s))
        end = run.edge()
        polled_s = run.pulse.spent_s - polled_s
        check_w = check.power_w()
        found += [setup.meter.conditions()] if observe else []
        neighbours = watch.use() if watch else None
    finally:
        work.finish()
    flags = [*_conditions_flags(found), *_neighbours_flags(neighbours, setup.meter.device)]
    flags += [EnergyFlag.CHECK_FAILED] if check.failed else []
    rest = Window({}, 0.0, 0.0, {}, polled_s, tuple(found), tuple(flags), check_w, neighbours)
    return _between(start, end, rest)


def free_running(setup: Setup, work: Workload, seconds: float, *, lead_s: float = 0.0) -> Window:
    """Measure a window without edges: read, work, read. It is wrong by up to τ at each end; edges are compared with it.

    Raises as `aligned` does.
    """
    work.finish()
    run = _Run(setup, work)
    run.go_on(lead_s)
    start = run.moment()
    run.go_on(seconds)
    end = run.moment()
    work.finish()
    return _between(start, end, Window({}, 0.0, 0.0, {}))


def _between(start: Edge, end: Edge, rest: Window) -> Window:
    both = start.joules.keys() & end.joules.keys()
    energy = {scope: end.joules[scope] - before for scope, before in start.joules.items() if scope in both}
    delta = {scope: (start.delta_s[scope], end.delta_s[scope]) for scope in energy}
    calls, seconds = end.calls - start.calls, end.time_s - start.time_s
    return replace(rest, energy_j=energy, calls=calls, window_s=seconds, delta_s=delta, lost=end.lost)


def _conditions_flags(found: list[dict[str, Any]]) -> tuple[EnergyFlag, ...]:
    # A power cap is normal operation; heat is a disturbance.
    hot = any("thermal" in reason for conditions in found for reason in conditions.get(_THROTTLE) or ())
    counts = [conditions[_THROTTLES] for conditions in found if _THROTTLES in conditions]
    hot = hot or any(later > earlier for earlier, later in itertools.pairwise(counts))
    crowded = any(conditions.get(_OTHERS) for conditions in found)
    return (*((EnergyFlag.THROTTLED,) if hot else ()), *((EnergyFlag.OTHER_PROCESSES,) if crowded else ()))


def _neighbours_flags(neighbours: OthersUse | None, device: str) -> tuple[EnergyFlag, ...]:
    # A GPU has meters of its own, which count nothing of the processor.
    is_busy = device == "cpu" and neighbours is not None and neighbours.surely_exceeds(MOST_NEIGHBOURS)
    return (EnergyFlag.BUSY_NEIGHBOURS,) if is_busy else ()


@dataclass(slots=True)
class _Check:
    """The second meter, read at both ends of a window. If it fails, the window is kept."""

    meter: Meter | None
    failed: bool = False
    start: Reading | None = field(init=False)

    def __post_init__(self) -> None:
        self.start = self._read()

    def power_w(self) -> float | None:
        end = self._read()
        if self.meter is None or self.start is None or end is None or end.time_s <= self.start.time_s:
            return None
        scope = self.meter.scopes[0]
        return (end.joules[scope] - self.start.joules[scope]) / (end.time_s - self.start.time_s)

    def _read(self) -> Reading | None:
        try:
            return None if self.meter is None or self.failed else self.meter.read()
        except MeterError:
            self.failed = True
            return None


class _Run:
    """Work that goes on while the counter is read at times."""

    def __init__(self, setup: Setup, work: Workload) -> None:
        self.pulse = Pulse(setup.meter, setup.clock)
        self._setup = setup
        self._work = work
        self._clock = setup.clock
        self._still_s = patience_s(setup.meter)
        # (time, completed calls) at each observed progress, as far back as an edge may be.
        self._seen: list[tuple[float, int]] = []
        self._last_s = self._read_s = self._clock()
        while not self._seen:
            self._advance(setup.poll_s)

    def go_on(self, seconds: float) -> None:
        """Work for `seconds`, with only the readings that are needed to notice wraps."""
        end = self._clock() + seconds
        while (left := end - self._clock()) > 0:
            self._advance(min(left, _STRIDE_S))
            del self._seen[:-1]
            if self._clock() - self._read_s >= _UNREAD_S:
                self._read()

    def edge(self) -> Edge:
        """Work until the counter changes and calls after the edge are complete."""
        old = self._read()
        started = old.time_s
        while True:
            # Calls that were complete before the old reading are complete before the edge.
            del self._seen[:-1]
            self._advance(self._setup.poll_s)
            while self._clock() - old.time_s < self._setup.poll_s / 2:
                self._advance(self._setup.poll_s)
            new = self._read()
            if self.pulse.moved:
                return self._edge_between(old, new)
            # A single call may take longer than the limit, so check at the reading after it.
            if new.time_s - started > self._still_s + self._setup.period.reach_s:
                raise self.pulse.still(new.time_s - started)
            old = new

    def moment(self) -> Edge:
        """The counter now, of unknown age."""
        reading = self._read()
        delta = dict.fromkeys(reading.joules, self._setup.period.reach_s)
        return Edge(reading.time_s, self._calls_at(reading.time_s), reading.joules, delta, reading.lost)

    def _read(self) -> Reading:
        reading = self.pulse.read()
        self._read_s = self._clock()
        return reading

    def _edge_between(self, old: Reading, new: Reading) -> Edge:
        # A value read after a long call was published in the last period, not at any time since the call began.
        reach = self._setup.period.reach_s
        first = max(old.time_s, new.time_s - reach)
        time_s, delta_s = (first + new.time_s) / 2, new.time_s - first
        moved = {scope for scope, joules in new.joules.items() if joules != old.joules[scope]}
        # A sum of counters is as old as its oldest counter.
        fresh = {scope for scope in new.joules if moved.issuperset(counted(scope, new.joules))}
        delta = {scope: delta_s if scope in fresh else max(delta_s, reach) for scope in new.joules}
        return Edge(time_s, self._calls_at(time_s), new.joules, delta, new.lost)

    def _calls_at(self, time_s: float) -> float:
        while self._seen[-1][0] < time_s:
            self._advance(self._setup.poll_s)
        moments, calls = zip(*self._seen, strict=True)
        return float(np.interp(time_s, moments, calls))

    def _advance(self, pace_s: float) -> None:
        completed, now = self._work.advance(pace_s), self._clock()
        if completed > (self._seen[-1][1] if self._seen else 0):
            self._seen.append((now, completed))
            self._last_s = now
        elif now - self._last_s > _STALLED_S:
            raise TimeoutError(f"no call was completed in {_STALLED_S:g} s")
