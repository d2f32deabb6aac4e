"""Pools the energy of one candidate over several processes, so that no figure comes from one memory layout alone."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.energy import neighbours
from bench.energy.figures import EnergyFigure, disagreement, filled
from bench.energy.flags import EnergyFlag
from bench.energy.meter import MEASURED
from bench.energy.plan import Windows
from bench.energy.uncertainty import Joules, idle_power, over_processes
from bench.energy.window import Window

# Flags that follow from all windows together, such as how many there are: found anew for all processes.
_FOUND_ANEW = (
    EnergyFlag.ONE_WINDOW,
    EnergyFlag.FEW_WINDOWS,
    EnergyFlag.WINDOWS_REJECTED,
    EnergyFlag.TARGET_MISSED,
    EnergyFlag.LOST_IN_NOISE,
    EnergyFlag.COUNTER_VS_INTEGRAL,
    EnergyFlag.BUSY_NEIGHBOURS,
)


@dataclass(frozen=True, slots=True)
class ProcessShare:
    """The share of one process in a figure: its own figure, and the windows and idle windows (by side) behind it."""

    figure: EnergyFigure
    windows: tuple[Window, ...]
    idle: tuple[tuple[Window, ...], ...]


def pooled(parts: Sequence[ProcessShare], plan: Windows, processes: int, device: str) -> EnergyFigure:
    """The figure of one candidate in one scope over the processes that measured it.

    `plan` is the one for all `processes` together, `device` that of the meter. If a process has no joules of the scope,
    the figure has none either, with its reason.
    """
    missing = next((part.figure for part in parts if part.figure.method not in MEASURED), None)
    if missing is not None:
        return missing
    figures, windows = [part.figure for part in parts], [w for part in parts for w in part.windows]
    first, joules = figures[0], _joules(parts)
    flags = [flag for figure in figures for flag in figure.flags if flag not in _FOUND_ANEW]
    if plan.target_rel is not None and joules.best.rel_u95 > plan.target_rel:
        flags.append(EnergyFlag.TARGET_MISSED)
    idle = [w for part in parts for side in part.idle for w in side]
    flags += [*neighbours.flags(windows, device), *neighbours.flags(idle, device)]
    if len(parts) < processes:
        flags.append(EnergyFlag.FEW_PROCESSES)
    blank = replace(
        first,
        tau_s=statistics.median(figure.tau_s for figure in figures if figure.tau_s is not None),
        rejected=sum(figure.rejected for figure in figures),
        processes=len(parts),
    )
    is_checked = any(figure.check_rel is not None for figure in figures)
    return filled(
        blank,
        plan,
        windows,
        joules,
        idle=idle,
        check_rel=disagreement(windows, first.scope) if is_checked else None,
        flags=flags,
    )


def _joules(parts: Sequence[ProcessShare]) -> Joules:
    scope = parts[0].figure.scope
    measured = []
    for part in parts:
        idle = idle_power(*([w.span(scope) for w in side] for side in part.idle)) if part.idle else None
        measured.append(([w.span(scope) for w in part.windows], idle))
    return over_processes(measured)
