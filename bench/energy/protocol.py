"""Measures the energy of several candidates on one device.

First idle power, with the device awake; then each candidate is warmed up to a plateau; then rounds of windows, one per
candidate in a random order, so that drift affects all alike; then idle power again. Windows in which other programs
kept the processors busy are repeated, as long as that helps. A candidate that fails is dropped with its reason, and the
others go on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.energy import neighbours
from bench.energy.figures import EnergyFigure, figure, null_figure
from bench.energy.flags import EnergyFlag
from bench.energy.measured import MeasuredEnergy
from bench.energy.meter import Delayed, Meter, MeterError
from bench.energy.neighbours import is_enough, quietest
from bench.energy.period import update_period
from bench.energy.plan import Windows
from bench.energy.plateau import reach_plateau
from bench.energy.uncertainty import Idle, Joules, idle_power, joules_per_call
from bench.energy.window import Setup, Window, aligned
from bench.energy.work import Rest, Workload
from bench.format import count
from bench.timing.alive import require_alive
from impls.errors import in_one_line

# Idle power is measured in parts, to know its scatter; each part spans at least some periods.
_IDLE_PARTS = 4
_LEAST_IDLE_PERIODS = 2
# Work before each window, as a share of its length, so that clocks and caches are its own.
_LEAD_SHARE = 0.1
# Intervals are checked each time the rounds have grown by half. A narrow interval is checked again after a fifth more
# rounds, because each check may stop by luck: if the first narrow check decided, intervals of five to twenty windows
# covered the truth in 91.5 % (normal scatter, 6,000 runs); if a second check must agree, in 93 %.
_CHECK_EVERY, _CONFIRM_AFTER = 0.5, 0.2


@dataclass(slots=True)
class _Entry:
    """A candidate, with the windows it was measured in so far; `wanted` of them are asked for."""

    name: str
    wanted: int
    work: Workload | None = None
    taken: list[Window] = field(default_factory=list)
    throttled: int = 0
    flags: list[EnergyFlag] = field(default_factory=list)
    reason: str | None = None

    @property
    def tried(self) -> int:
        return len(self.taken) + self.throttled

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows that count."""
        return quietest(self.taken, self.wanted)

    @property
    def rejected(self) -> int:
        return self.tried - len(self.windows)


def measure(
    meter: Meter,
    works: Mapping[str, Callable[[], Workload]],
    plan: Windows,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
    rng: random.Random | None = None,
    *,
    check: Meter | None = None,
) -> MeasuredEnergy:
    """Measure joules per call of each candidate, gross and net, with their uncertainty.

    `works` make the candidates, all before idle power is measured, so that the device's context exists. `clock` is the
    clock of the meter's readings. `check` is a second meter of the same device, whose power is compared with the
    first. Errors of a meter or a candidate are not raised but stored as the reason of a null figure. Raises ValueError
    without candidates.
    """
    if not works:
        raise ValueError("no candidates were given; give at least one")
    measurement = _Measurement(meter, plan, clock, sleep, rng or random.Random(0), check)
    measurement.run(works)
    return measurement.result()


class _Measurement:
    """The state of one measurement: its meter and plan, and the results so far."""

    def __init__(
        self,
        meter: Meter,
        plan: Windows,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        rng: random.Random,
        check: Meter | None,
    ) -> None:
        self._meter, self._plan, self._clock, self._sleep, self._rng = meter, plan, clock, sleep, rng
        self._check = check
        self._setup: Setup | None = None
        self._entries: list[_Entry] = []
        self._idle: list[tuple[Window, ...]] = []
        self._rounds: list[tuple[str, ...]] = []
        self._no_idle_after = False
        self._stopped_by = "failure"

    def run(self, works: Mapping[str, Callable[[], Workload]]) -> None:
        self._entries = [_Entry(name, self._plan.windows) for name in works]
        for entry in self._entries:
            self._attempt(entry, lambda e: setattr(e, "work", works[e.name]()))
        try:
            if isinstance(self._meter, Delayed):
                self._meter.synchronise(self._sleep)
            self._setup = Setup(self._meter, update_period(self._meter, self._clock), self._clock, self._check)
            self._rest(self._setup)
            for entry in self._alive():
                self._attempt(entry, self._warm_up)
            self._go_round()
            if self._alive():
                self._rest_again(self._setup)
        except MeterError as error:
            # It happened between windows, so it affects all candidates.
            for entry in self._alive():
                entry.reason = str(error)

    def _alive(self) -> list[_Entry]:
        return [e for e in self._entries if e.reason is None]

    def _attempt(self, entry: _Entry, step: Callable[[_Entry], None]) -> None:
        try:
            step(entry)
        except MeterError as error:
            entry.reason = str(error)
        except Exception as error:
            require_alive(self._meter.device, error, entry.name)
            # One candidate's failure is a result; the others go on.
            entry.reason = in_one_line(error)

    def _rest(self, setup: Setup) -> None:
        """Measure idle power once it is steady. Raises MeterError."""
        if not self._plan.idle_s:
            return
        rest = Rest(self._sleep)
        reach_plateau(setup, rest, self._plan.idle_s)
        part_s = max(self._plan.idle_s / _IDLE_PARTS, _LEAST_IDLE_PERIODS * setup.period.tau_s)
        # Random phases, as for windows: naps in step with the counter would shift every edge alike.
        parts: list[Window] = []
        while not is_enough(parts, _IDLE_PARTS):
            lead_s = self._rng.uniform(1.0, 2.0) * setup.period.tau_s
            parts.append(aligned(setup, rest, part_s, lead_s=lead_s))
        self._idle.append(quietest(parts, _IDLE_PARTS))

    def _rest_again(self, setup: Setup) -> None:
        """Measure idle power again. If the meter fails only now, all candidates keep their figures, with a flag."""
        try:
            self._rest(setup)
        except MeterError:
            self._no_idle_after = True

    def _warm_up(self, entry: _Entry) -> None:
        assert self._setup is not None
        assert entry.work is not None
        if not reach_plateau(self._setup, entry.work, self._plan.warm_up_s):
            entry.flags.append(EnergyFlag.NO_PLATEAU)

    def _go_round(self) -> None:
        """Run rounds of windows until all candidates have enough, or the time is up."""
        started, next_check, was_narrow = self._clock(), self._plan.windows, self._plan.target_rel is None
        while alive := self._alive():
            done = len(self._rounds)
            if done >= next_check and all(is_enough(e.taken, e.wanted) for e in alive):
                narrow = all(self._is_narrow(e) for e in alive)
                if narrow and was_narrow:
                    self._stopped_by = "windows" if self._plan.target_rel is None else "target_rel"
                    return
                next_check = done + max(1, int(done * (_CONFIRM_AFTER if narrow else _CHECK_EVERY)))
                was_narrow = narrow
            self._rng.shuffle(alive)
            taken = []
            for entry in alive:
                # Each candidate gets one window in any case; after that all share the budget.
                if entry.tried and self._clock() - started >= self._plan.budget_s * len(self._entries):
                    self._stopped_by = "budget_s"
                    break
                self._attempt(entry, self._window)
                taken.append(entry.name)
            self._rounds += [tuple(taken)] if taken else []
            if self._stopped_by == "budget_s":
                return

    def _window(self, entry: _Entry) -> None:
        assert self._setup is not None
        assert entry.work is not None
        tau_s = self._setup.period.tau_s
        length_s = self._plan.length_s(tau_s)
        # A random phase of the counter, so that edge errors differ between windows.
        lead_s = _LEAD_SHARE * length_s + self._rng.uniform(0.0, tau_s)
        window = aligned(self._setup, entry.work, length_s, lead_s=lead_s)
        if EnergyFlag.THROTTLED in window.flags:
            entry.throttled += 1
        else:
            entry.taken.append(window)

    def _is_narrow(self, entry: _Entry) -> bool:
        target = self._plan.target_rel
        return target is None or self._joules(entry, self._meter.scopes[0]).best.rel_u95 <= target

    def _idle_power(self, scope: str) -> Idle | None:
        return idle_power(*([w.span(scope) for w in side] for side in self._idle)) if self._idle else None

    def _joules(self, entry: _Entry, scope: str) -> Joules:
        return joules_per_call([w.span(scope) for w in entry.windows], self._idle_power(scope))

    def result(self) -> MeasuredEnergy:
        """What was found, frozen."""
        joules = {e.name: found for e in self._entries if (found := self._found(e))}
        return MeasuredEnergy(
            self._plan,
            self._setup.period if self._setup else None,
            {e.name: self._figures(e, joules.get(e.name)) for e in self._entries},
            joules,
            {e.name: e.windows for e in self._entries},
            tuple(self._idle),
            tuple(self._rounds),
            self._stopped_by,
        )

    def _found(self, entry: _Entry) -> dict[str, Joules] | None:
        if entry.reason is None and not entry.taken:
            entry.reason = (
                f"no window counts: {count(entry.rejected, 'window')} taken while the device was throttled for heat"
            )
        if entry.reason is not None:
            return None
        return {s: self._joules(entry, s) for s in self._meter.scopes if self._why_not(entry, s) is None}

    def _why_not(self, entry: _Entry, scope: str) -> str | None:
        """Why a scope has no joules although the candidate has some; None if it has."""
        windows = [*entry.windows, *(w for side in self._idle for w in side)]
        if any(scope not in w.energy_j for w in windows):
            reasons = (w.lost[scope] for w in windows if scope in w.lost)
            return next(reasons, f"{self._meter.source} {scope} was not reported in every window")
        if not any(w.energy_j[scope] for w in entry.windows):
            # Not zero: running hardware draws power.
            return f"the counter of {self._meter.source} {scope} did not move in any window"
        return None

    def _figures(self, entry: _Entry, joules: Mapping[str, Joules] | None) -> dict[str, EnergyFigure]:
        meter, plan, rejected = self._meter, self._plan, entry.rejected
        if joules is None or self._setup is None:
            reason, period = entry.reason or "nothing was measured", self._setup.period if self._setup else None
            return {s: null_figure(meter, s, plan, reason, period=period, rejected=rejected) for s in meter.scopes}
        idle = [w for side in self._idle for w in side]
        flags = [*entry.flags, *self._idle_flags(idle)]
        if not self._is_narrow(entry):
            flags.append(EnergyFlag.TARGET_MISSED)
        period, found = self._setup.period, dict[str, EnergyFigure]()
        for scope in meter.scopes:
            if scope in joules:
                found[scope] = figure(
                    meter, scope, plan, period, entry.windows, joules[scope], idle=idle, rejected=rejected, flags=flags
                )
            else:
                reason = self._why_not(entry, scope) or "nothing was measured"
                found[scope] = null_figure(meter, scope, plan, reason, period=period, rejected=rejected)
        return found

    def _idle_flags(self, idle: Sequence[Window]) -> list[EnergyFlag]:
        """The flags of the idle windows, which affect the net joules of all candidates."""
        crowded = any(EnergyFlag.OTHER_PROCESSES in w.flags for w in idle)
        found = [EnergyFlag.OTHER_PROCESSES] if crowded else []
        found += [EnergyFlag.NO_IDLE_AFTER] if self._no_idle_after else []
        return [*found, *neighbours.flags(idle, self._meter.device)]
