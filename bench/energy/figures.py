"""The reported energy of one candidate: every number with its method, or null with the reason."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.energy import neighbours
from bench.energy.flags import EnergyFlag
from bench.energy.meter import Meter, Method
from bench.energy.period import Period
from bench.energy.plan import Windows
from bench.energy.uncertainty import Joules
from bench.energy.window import Window

# If two meters of one device differ by more than this, one of them is wrong.
_CHECK_REL = 0.05


@dataclass(frozen=True, slots=True)
class EnergyFigure:
    """Joules of one call in one scope; unknown values are None, never 0.

    `u95_j` is half the 95 % interval of `net_j` if idle power was subtracted, else of `gross_j`. It does not include
    `gain_rel`, the relative standard uncertainty of the scale of the meter, which all figures of one device share.
    `window_s` is the median length, `windows` and `rejected` are the numbers of used and rejected windows, over all
    `processes`. `neighbours_share` is the processor time that other programs used during the windows, as a share of
    all, `idle_neighbours_share` the same of the idle periods. `check_rel` is the relative difference of the second
    meter. `reason` says why there are no joules.
    """

    method: Method
    source: str
    scope: str
    plan: str
    tau_s: float | None = None
    window_s: float | None = None
    windows: int = 0
    rejected: int = 0
    processes: int | None = None
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
    neighbours_share: float | None = None
    idle_neighbours_share: float | None = None
    flags: tuple[EnergyFlag, ...] = ()
    reason: str | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EnergyFigure:
        """The inverse of `dataclasses.asdict`, also after a way through JSON."""
        return cls(**{**data, "method": Method(data["method"]), "flags": tuple(map(EnergyFlag, data["flags"]))})


def null_figure(
    meter: Meter, scope: str, plan: Windows, reason: str, *, period: Period | None = None, rejected: int = 0
) -> EnergyFigure:
    """A figure without joules, with the reason."""
    tau_s = None if period is None else period.tau_s
    return EnergyFigure(Method.UNAVAILABLE, meter.source, scope, plan.label, tau_s, rejected=rejected, reason=reason)


def figure(
    meter: Meter,
    scope: str,
    plan: Windows,
    period: Period,
    windows: Sequence[Window],
    joules: Joules,
    *,
    idle: Sequence[Window] = (),
    rejected: int = 0,
    flags: Sequence[EnergyFlag] = (),
) -> EnergyFigure:
    """The figure of one candidate in one scope, from its windows; `flags` are added to those of the windows.

    `idle` are the idle windows.
    """
    blank = EnergyFigure(
        meter.method, meter.source, scope, plan.label, period.tau_s, rejected=rejected, processes=1,
        gain_rel=meter.gain_rel,
    )  # fmt: skip
    check_rel = disagreement(windows, scope) if scope == meter.scopes[0] else None
    busy = neighbours.flags(windows, meter.device)
    return filled(blank, plan, windows, joules, idle=idle, check_rel=check_rel, flags=(*flags, *busy))


def filled(
    blank: EnergyFigure,
    plan: Windows,
    windows: Sequence[Window],
    joules: Joules,
    *,
    idle: Sequence[Window],
    check_rel: float | None,
    flags: Sequence[EnergyFlag],
) -> EnergyFigure:
    """A figure that knows its meter, with the values and flags that follow from windows and joules."""
    spans = [w.span(blank.scope) for w in windows]
    found = [*flags, *joules.flags, *(flag for w in windows for flag in w.flags)]
    if len(windows) < plan.windows:
        found.append(EnergyFlag.FEW_WINDOWS)
    if blank.rejected:
        found.append(EnergyFlag.WINDOWS_REJECTED)
    if abs(joules.best.value) <= joules.best.u95:
        found.append(EnergyFlag.LOST_IN_NOISE)
    if check_rel is not None and abs(check_rel) > _CHECK_REL:
        found.append(EnergyFlag.COUNTER_VS_INTEGRAL)
    power = None if joules.idle is None else joules.idle.power
    return replace(
        blank,
        window_s=statistics.median(s.window_s for s in spans),
        windows=len(spans),
        gross_j=joules.gross.value,
        gross_u95_j=joules.gross.u95,
        net_j=None if joules.net is None else joules.net.value,
        u95_j=joules.best.u95,
        idle_w=None if power is None else power.value,
        idle_u95_w=None if power is None else power.u95,
        power_w=sum(s.energy_j for s in spans) / sum(s.window_s for s in spans),
        idle_subtracted=joules.net is not None,
        check_rel=check_rel,
        neighbours_share=neighbours.share(windows),
        idle_neighbours_share=neighbours.share(idle),
        flags=tuple(dict.fromkeys(found)),
    )


def disagreement(windows: Sequence[Window], scope: str) -> float | None:
    """The second meter's power over the first one's, minus 1, in windows that both measured; None without any."""
    both = [(w.check_w, w.span(scope).power_w) for w in windows if w.check_w is not None]
    first = sum(power for _, power in both)
    return sum(check for check, _ in both) / first - 1 if first > 0 else None
