"""The joules of one candidate as they are reported: every number with how it came about, or null with the reason."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.energy.meter import Meter
from bench.energy.period import Period
from bench.energy.plan import Windows
from bench.energy.uncertainty import Joules
from bench.energy.window import Window

# Two meters of one device that differ by more than this are not both right.
_CHECK_REL = 0.05


@dataclass(frozen=True, slots=True)
class Figure:
    """Joules of one call as one scope saw them; what is not known is None, never 0.

    `u95_j` is half the 95 % interval of `net_j` where idle power was subtracted, of `gross_j` where it was not. It
    leaves out `gain_rel`, the relative standard uncertainty of the meter's scale, which two figures of one device
    share. `window_s` is the median window, `windows` those that count, `rejected` those that do not. `check_rel` is by
    how much the second meter disagrees. `reason` says why there are no joules.
    """

    method: str
    source: str
    scope: str
    plan: str
    tau_s: float | None = None
    window_s: float | None = None
    windows: int = 0
    rejected: int = 0
    gross_j: float | None = None
    gross_u95_j: float | None = None
    net_j: float | None = None
    u95_j: float | None = None
    gain_rel: float | None = None
    idle_w: float | None = None
    idle_u95_w: float | None = None
    power_w: float | None = None
    idle_subtracted: bool = False
    check_rel: float | None = None
    flags: tuple[str, ...] = ()
    reason: str | None = None


def null_figure(
    meter: Meter, scope: str, plan: Windows, reason: str, *, period: Period | None = None, rejected: int = 0
) -> Figure:
    """No joules, and why."""
    tau_s = None if period is None else period.tau_s
    return Figure("unavailable", meter.source, scope, plan.label, tau_s, rejected=rejected, reason=reason)


def figure(
    meter: Meter,
    scope: str,
    plan: Windows,
    period: Period,
    windows: Sequence[Window],
    joules: Joules,
    *,
    rejected: int = 0,
    flags: Sequence[str] = (),
) -> Figure:
    """What windows of one candidate say in one scope; `flags` are what is known beside them."""
    spans = [w.span(scope) for w in windows]
    check_rel = disagreement(windows, scope) if scope == meter.scopes[0] else None
    found = [*flags, *joules.flags, *(flag for w in windows for flag in w.flags)]
    if len(windows) < plan.windows:
        found.append("few-windows")
    if rejected:
        found.append("windows-rejected")
    if abs(joules.best.value) <= joules.best.u95:
        found.append("lost-in-noise")
    if check_rel is not None and abs(check_rel) > _CHECK_REL:
        found.append("counter-vs-integral")
    idle = None if joules.idle is None else joules.idle.power
    return Figure(
        method=meter.method,
        source=meter.source,
        scope=scope,
        plan=plan.label,
        tau_s=period.tau_s,
        window_s=statistics.median(s.window_s for s in spans),
        windows=len(spans),
        rejected=rejected,
        gross_j=joules.gross.value,
        gross_u95_j=joules.gross.u95,
        net_j=None if joules.net is None else joules.net.value,
        u95_j=joules.best.u95,
        gain_rel=meter.gain_rel,
        idle_w=None if idle is None else idle.value,
        idle_u95_w=None if idle is None else idle.u95,
        power_w=sum(s.energy_j for s in spans) / sum(s.window_s for s in spans),
        idle_subtracted=joules.net is not None,
        check_rel=check_rel,
        flags=tuple(dict.fromkeys(found)),
    )


def disagreement(windows: Sequence[Window], scope: str) -> float | None:
    """The second meter's power over the first one's, less 1, in the windows that both saw; None if there is none."""
    both = [(w.check_w, w.span(scope).power_w) for w in windows if w.check_w is not None]
    first = sum(power for _, power in both)
    return sum(check for check, _ in both) / first - 1 if first > 0 else None
