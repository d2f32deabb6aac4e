"""Computes joules per call and their uncertainty from windows. Pure functions of numbers; no meter is opened here.

Standard uncertainties are combined and expanded once, following JCGM 100:2008 (the GUM): scatter by its equation (5),
bounds as rectangular distributions by equation (7), their root sum of squares by equation (10), and the factor of the
95 % interval from Student's t at the effective degrees of freedom of equation (G.2b), Welch–Satterthwaite.

The scatter of windows already includes the noise of their edges. Adding both would count it twice (with ten windows
the interval then covers 99.4 %), and scatter alone trusts three windows that agree by luck. So both intervals are
computed and the wider one is used: in simulations it covers 95 to 99 %, whichever of the two is wider.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.energy.flags import EnergyFlag
from bench.estimates.student import NORMAL, coverage_factor

# Sums of windows are rounded: seven degrees of freedom may be computed as slightly less than seven.
_ROUNDING = 1e-9
# Idle power drifts if it changes by more than this between before and after.
IDLE_DRIFT = 0.03


@dataclass(frozen=True, slots=True)
class Term:
    """A standard uncertainty and its degrees of freedom, infinite if it follows from a known bound."""

    u: float
    freedom: float = math.inf

    @property
    def u95(self) -> float:
        """Half the 95 % interval from this term alone; freedom is rounded down to an integer (GUM G.4.1)."""
        return coverage_factor(math.floor(min(self.freedom, NORMAL) + _ROUNDING)) * self.u


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its standard uncertainty, in the value's unit, and degrees of freedom."""

    value: float
    term: Term

    @property
    def u95(self) -> float:
        return self.term.u95

    @property
    def low(self) -> float:
        return self.value - self.u95

    @property
    def high(self) -> float:
        return self.value + self.u95

    @property
    def rel_u95(self) -> float:
        """Half the interval divided by the value, infinite for values of zero or less, which are only noise."""
        return self.u95 / self.value if self.value > 0 else math.inf


@dataclass(frozen=True, slots=True)
class Span:
    """One window in one scope.

    `delta_s` is the full width of the uncertainty of the times of its two edges; `polling_s` is the time spent on
    readings within it.
    """

    energy_j: float
    window_s: float
    calls: float
    delta_s: tuple[float, float]
    polling_s: float = 0.0

    @property
    def power_w(self) -> float:
        return self.energy_j / self.window_s

    @property
    def edge_j(self) -> float:
        """Standard uncertainty from the edges: P·δ/√6 for two equal ones, each rectangular with width δ (GUM 4.3.7)."""
        return self.power_w * math.hypot(*self.delta_s) / math.sqrt(12)


@dataclass(frozen=True, slots=True)
class Idle:
    """Idle power in watts, and the relative change from before to after, None if unknown."""

    power: Estimate
    drift_rel: float | None = None

    @property
    def flags(self) -> tuple[EnergyFlag, ...]:
        return (EnergyFlag.IDLE_DRIFT,) if self.drift_rel is not None and abs(self.drift_rel) > IDLE_DRIFT else ()


@dataclass(frozen=True, slots=True)
class Joules:
    """Joules of one call: `gross`, and `net` without idle power; None if idle power is unknown.

    `time_s` is the time of a call within the windows. `own` are the standard uncertainties of the windows alone, one
    per method (scatter, edges); the wider interval is used. `polling_j` is the most that readings can have added:
    their time at the window's power, if calls waited for them.
    """

    gross: Estimate
    net: Estimate | None
    time_s: float
    own: tuple[Term, ...]
    polling_j: float = 0.0
    idle: Idle | None = None
    flags: tuple[EnergyFlag, ...] = ()

    @property
    def best(self) -> Estimate:
        """Net if known, else gross."""
        return self.gross if self.net is None else self.net


def combine(terms: Sequence[Term]) -> Term:
    """Combine independent terms: root sum of squares (GUM equation 10), effective freedom (GUM equation G.2b)."""
    u = math.sqrt(math.fsum(t.u**2 for t in terms))
    spread = math.fsum(t.u**4 / t.freedom for t in terms)
    return Term(u, u**4 / spread if spread > 0 else math.inf)


def idle_power(before: Sequence[Span], after: Sequence[Span] = ()) -> Idle:
    """Idle power in watts, the mean of the levels before and after.

    While the work ran the level was somewhere between the two: a rectangular distribution with the width of their
    difference. The scatter of the parts of one side, or of their edges, is added. Raises ValueError without windows
    before the work.
    """
    if not before:
        raise ValueError("no idle windows; give at least one from before the work")
    sides = [[s.power_w for s in side] for side in (before, after) if side]
    levels = [statistics.fmean(side) for side in sides]
    freedom = sum(len(side) - 1 for side in sides)
    squares = math.fsum((p - level) ** 2 for side, level in zip(sides, levels, strict=True) for p in side)
    scatter = [Term(_mean_of_sides(math.sqrt(squares / freedom), sides), freedom)] if freedom else []
    edges = math.sqrt(statistics.fmean((s.edge_j / s.window_s) ** 2 for s in (*before, *after)))
    level, drift = statistics.fmean(levels), levels[-1] - levels[0]
    term = _widest([[*scatter, Term(_mean_of_sides(edges, sides))]], [Term(abs(drift) / math.sqrt(12))])
    return Idle(Estimate(level, term), drift / level if len(sides) > 1 and level > 0 else None)


def joules_per_call(spans: Sequence[Span], idle: Idle | None = None) -> Joules:
    """Gross and net joules of one call from the windows of one candidate.

    E_net = (E − P_idle·T) / N. All windows share one idle power and the same pattern of readings: these uncertainties
    are not divided by √n. Readings add between zero, if calls go on beside them, and all their time: an error of 0 to
    b has a root mean square of b/√3. One window has no scatter, and its interval holds for this window only: it is
    flagged `one-window`. Raises ValueError without windows, or for a window without calls or length.
    """
    if not spans or any(s.calls <= 0 or s.window_s <= 0 for s in spans):
        raise ValueError("joules per call need at least one window, each with calls and a length")
    gross = statistics.fmean(s.energy_j / s.calls for s in spans)
    time_s = statistics.fmean(s.window_s / s.calls for s in spans)
    polling_j = statistics.fmean(s.power_w * s.polling_s / s.calls for s in spans)
    polling = Term(polling_j / math.sqrt(3))
    flags = (EnergyFlag.ONE_WINDOW,) if len(spans) == 1 else ()
    whole = Estimate(gross, _widest([_own(spans, 0.0)], [polling]))
    if idle is None:
        return Joules(whole, None, time_s, _own(spans, 0.0), polling_j, None, flags)
    own, common = _own(spans, idle.power.value), idle.power.term
    shared = [polling, Term(common.u * time_s, common.freedom)]
    net = Estimate(gross - idle.power.value * time_s, _widest([own], shared))
    return Joules(whole, net, time_s, own, polling_j, idle, (*flags, *idle.flags))


def over_processes(parts: Sequence[tuple[Sequence[Span], Idle | None]]) -> Joules:
    """Joules of one call from windows in several processes, each with the idle power measured there: their mean.

    Each process draws its own memory layout, so that processes are the units, with equal weights. Their scatter has one
    degree of freedom less than there are processes; it includes the scatter and the edges of the windows, and is not
    added to these: the widest interval is used. Idle power is measured in each process, so that its errors average out;
    those of readings do not. Raises ValueError as `joules_per_call` does, and without processes.
    """
    found = [joules_per_call(spans, idle) for spans, idle in parts]
    if len(found) < 2:
        return found[0] if found else joules_per_call([])
    time_s = statistics.fmean(joules.time_s for joules in found)
    polling_j = statistics.fmean(joules.polling_j for joules in found)
    polling = Term(polling_j / math.sqrt(3))
    flags = [flag for joules in found for flag in joules.flags if flag is not EnergyFlag.ONE_WINDOW]
    own = _of_processes([joules.gross.value for joules in found], [_own(spans, 0.0) for spans, _ in parts])
    gross = Estimate(statistics.fmean(joules.gross.value for joules in found), _widest([own], [polling]))
    idles = [(joules.time_s, joules.idle) for joules in found if joules.idle is not None]
    nets = [joules.net.value for joules in found if joules.net is not None]
    if len(idles) < len(found):
        return Joules(gross, None, time_s, own, polling_j, None, tuple(dict.fromkeys(flags)))
    own = _of_processes(nets, [joules.own for joules in found])
    common = _mean_of([Term(idle.power.term.u * call_s, idle.power.term.freedom) for call_s, idle in idles])
    net = Estimate(statistics.fmean(nets), _widest([own], [polling, common]))
    return Joules(
        gross, net, time_s, own, polling_j, _idle_of([idle for _, idle in idles]), tuple(dict.fromkeys(flags))
    )


def _idle_of(idles: Sequence[Idle]) -> Idle:
    """The mean idle power of several processes, with the largest drift of one."""
    powers = [idle.power for idle in idles]
    own = _of_processes([power.value for power in powers], [(power.term,) for power in powers])
    drifts = [idle.drift_rel for idle in idles if idle.drift_rel is not None]
    mean = Estimate(statistics.fmean(power.value for power in powers), _widest([own]))
    return Idle(mean, max(drifts, key=abs, default=None))


def ratio(numerator: Joules, denominator: Joules) -> Estimate:
    """The joules of a call of `numerator` divided by those of `denominator`, net if both are known.

    Both must be of one device and one measurement, so that the scale of the meter cancels. An error of idle power
    changes both, by −t/E of each, and the difference remains (GUM 5.2.4, correlation 1); the same holds for readings.
    Raises ValueError unless both have joules above zero.
    """
    net = numerator.net is not None and denominator.net is not None
    pair = [(side, side.best if net else side.gross) for side in (numerator, denominator)]
    if any(joules.value <= 0 for _, joules in pair):
        values = " and ".join(f"{joules.value:.3g} J" for _, joules in pair)
        raise ValueError(f"{values} have no ratio: both must be above zero; measure longer, or compare gross joules")
    own = [[Term(t.u / joules.value, t.freedom) for t in side.own] for side, joules in pair]
    added = [side.polling_j / joules.value for side, joules in pair]
    shared = [Term(abs(added[0] - added[1]) / math.sqrt(3))]
    if net and numerator.idle is not None:
        power = numerator.idle.power.term
        above, below = (side.time_s / joules.value for side, joules in pair)
        shared.append(Term(power.u * abs(above - below), power.freedom))
    relative = _widest(own, shared)
    value = pair[0][1].value / pair[1][1].value
    return Estimate(value, Term(relative.u * value, relative.freedom))


def _own(spans: Sequence[Span], idle_w: float) -> tuple[Term, ...]:
    """The uncertainty of a mean over windows: from their scatter, if there are several, and from their edges."""
    n = len(spans)
    edges = Term(math.sqrt(math.fsum((s.edge_j / s.calls) ** 2 for s in spans)) / n)
    if n == 1:
        return (edges,)
    values = [(s.energy_j - idle_w * s.window_s) / s.calls for s in spans]
    return Term(statistics.stdev(values) / math.sqrt(n), n - 1), edges


def _of_processes(values: Sequence[float], own: Sequence[tuple[Term, ...]]) -> tuple[Term, ...]:
    """The uncertainty of a mean over processes: from their scatter, and by each method within all of them.

    A process with one window lacks the scatter of windows; edges come last in each.
    """
    between = Term(statistics.stdev(values) / math.sqrt(len(values)), len(values) - 1)
    methods = min(len(terms) for terms in own)
    return (between, *(_mean_of([terms[-place] for terms in own]) for place in range(methods, 0, -1)))


def _mean_of(terms: Sequence[Term]) -> Term:
    """The uncertainty of the mean of independent values with these uncertainties."""
    summed = combine(terms)
    return Term(summed.u / len(terms), summed.freedom)


def _widest(alternatives: Sequence[Sequence[Term]], common: Sequence[Term] = ()) -> Term:
    """Combine one term of each group of alternatives with the common terms, so that the 95 % interval is widest.

    By equation (G.2b) one more term can make an interval narrower, because the freedom grows faster than the
    uncertainty: three windows that scatter little compared with idle power covered the truth in 92.6 %. So the
    combinations without the common terms are also tried.
    """
    made = (combine([*chosen, *e]) for chosen in itertools.product(*alternatives) for e in ((), common))
    return max(made, key=lambda t: t.u95)


def _mean_of_sides(u: float, sides: Sequence[Sequence[float]]) -> float:
    """The standard uncertainty of the mean of the sides' means, where each value has uncertainty `u`."""
    return u * math.sqrt(math.fsum(1 / len(side) for side in sides)) / len(sides)
