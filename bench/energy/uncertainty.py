"""From windows to joules per call and their uncertainty. Pure functions of numbers; no meter is touched here.

Standard uncertainties are combined and expanded once, as JCGM 100:2008 (the GUM) has it: scatter by its equation (5),
bounds as rectangular distributions by equation (7), their root sum of squares by equation (10), and the factor of the
95 % interval from Student's t at the effective degrees of freedom of equation (G.2b), Welch–Satterthwaite.

The scatter of windows holds the noise of their edges already. Adding both would count it twice (with ten windows the
interval then covers 99.4 %), and scatter alone trusts three windows that agree by luck. So both intervals are made and
the wider one is given: simulated, it covers 95 to 99 % whichever of the two prevails.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.estimates.student import NORMAL, coverage_factor

# Sums of windows round: seven degrees of freedom may come out a hair under seven.
_ROUNDING = 1e-9
# Idle power that moves by more between before and after is said to drift.
IDLE_DRIFT = 0.03


@dataclass(frozen=True, slots=True)
class Term:
    """A standard uncertainty and its degrees of freedom, infinite where it follows from a known bound."""

    u: float
    freedom: float = math.inf

    @property
    def u95(self) -> float:
        """Half the width of the 95 % interval that this alone would give; freedom is cut to a whole (GUM G.4.1)."""
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
        """Half the interval over the value, infinite for nothing or less: it then says only that there is noise."""
        return self.u95 / self.value if self.value > 0 else math.inf


@dataclass(frozen=True, slots=True)
class Span:
    """One window as one scope saw it.

    `delta_s` is how well the moments of its two edges are known, end to end; `polling_s` how long readings took in it.
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
        """Standard uncertainty by the edges: P·δ/√6 for two alike, each rectangular and δ wide (GUM 4.3.7)."""
        return self.power_w * math.hypot(*self.delta_s) / math.sqrt(12)


@dataclass(frozen=True, slots=True)
class Idle:
    """Idle power in watts, and by how much of it the level after differs from the one before; None if not known."""

    power: Estimate
    drift_rel: float | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        return ("idle-drift",) if self.drift_rel is not None and abs(self.drift_rel) > IDLE_DRIFT else ()


@dataclass(frozen=True, slots=True)
class Joules:
    """Joules of one call: `gross`, and `net` of idle power; None where that is not known.

    `time_s` is how long a call took within the windows. `own` are the standard uncertainties that windows have to
    themselves, one for each way of looking at them (scatter, edges); the wider interval is the one given. `polling_j`
    is the most that readings can have added: their time at the window's power, while calls may have waited.
    """

    gross: Estimate
    net: Estimate | None
    time_s: float
    own: tuple[Term, ...]
    polling_j: float = 0.0
    idle: Idle | None = None
    flags: tuple[str, ...] = ()

    @property
    def best(self) -> Estimate:
        """Net where it is known, else gross."""
        return self.gross if self.net is None else self.net


def combine(terms: Sequence[Term]) -> Term:
    """Independent terms as one: root sum of squares (GUM equation 10), effective freedom (GUM equation G.2b)."""
    u = math.sqrt(math.fsum(t.u**2 for t in terms))
    spread = math.fsum(t.u**4 / t.freedom for t in terms)
    return Term(u, u**4 / spread if spread > 0 else math.inf)


def idle_power(before: Sequence[Span], after: Sequence[Span] = ()) -> Idle:
    """Idle power in watts, midway between the levels before and after.

    While the work ran the level was somewhere between the two: rectangular, their distance wide. What the parts of one
    side scatter, or their edges, comes on top. Raises ValueError without windows before.
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

    E_net = (E − P_idle·T) / N. All windows share one idle power, and readings at the same places: their uncertainties
    are not divided by √n. Readings add between nothing, where calls go on beside them, and all their time: an error of
    0 to b has a root mean square of b/√3. One window has no scatter, and its interval holds for this window alone:
    flagged `one-window`. Raises ValueError without windows, or for one without calls.
    """
    if not spans or any(s.calls <= 0 or s.window_s <= 0 for s in spans):
        raise ValueError("joules per call need at least one window, each with calls and a length")
    gross = statistics.fmean(s.energy_j / s.calls for s in spans)
    time_s = statistics.fmean(s.window_s / s.calls for s in spans)
    polling_j = statistics.fmean(s.power_w * s.polling_s / s.calls for s in spans)
    polling = Term(polling_j / math.sqrt(3))
    flags = ("one-window",) if len(spans) == 1 else ()
    whole = Estimate(gross, _widest([_own(spans, 0.0)], [polling]))
    if idle is None:
        return Joules(whole, None, time_s, _own(spans, 0.0), polling_j, None, flags)
    own, common = _own(spans, idle.power.value), idle.power.term
    shared = [polling, Term(common.u * time_s, common.freedom)]
    net = Estimate(gross - idle.power.value * time_s, _widest([own], shared))
    return Joules(whole, net, time_s, own, polling_j, idle, (*flags, *idle.flags))


def ratio(numerator: Joules, denominator: Joules) -> Estimate:
    """How many times the joules of a call of `denominator` one of `numerator` takes, net where both are.

    Both of one device and one measurement. The scale of its meter cancels. An error of idle power moves both: by
    −t/E of each, and what is left is the difference (GUM 5.2.4, correlation 1); likewise what readings add. Raises
    ValueError where one has no joules above nothing.
    """
    net = numerator.net is not None and denominator.net is not None
    pair = [(side, side.best if net else side.gross) for side in (numerator, denominator)]
    if any(joules.value <= 0 for _, joules in pair):
        values = " and ".join(f"{joules.value:.3g} J" for _, joules in pair)
        raise ValueError(f"{values} have no ratio: both must be above nothing; measure longer, or compare gross joules")
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


def _widest(alternatives: Sequence[Sequence[Term]], common: Sequence[Term] = ()) -> Term:
    """One of each group of alternatives, and what is common, combined so that the 95 % interval is widest.

    Equation (G.2b) can make an interval narrower for a cause more, as its freedom grows faster than it: three windows
    that scatter little beside idle power covered the truth in 92.6 %. So what is common can also be left out of it.
    """
    made = (combine([*chosen, *e]) for chosen in itertools.product(*alternatives) for e in ((), common))
    return max(made, key=lambda t: t.u95)


def _mean_of_sides(u: float, sides: Sequence[Sequence[float]]) -> float:
    """The standard uncertainty of the mean of the sides' means, `u` being that of each value."""
    return u * math.sqrt(math.fsum(1 / len(side) for side in sides)) / len(sides)
