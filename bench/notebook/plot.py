"""Figures of the frames of `bench.load`, as the page draws them: each takes rows and returns matplotlib's axes.

Every figure is of one set of conditions: where the rows have several, `conditions` names one, as in the column of that
name. `ax` are the axes to draw on, new ones by default. All raise UsageError, with what is allowed, for rows that lack
what is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.calibration.value import Calibration, find
from bench.errors import UsageError
from bench.notebook.drawn import on_axes
from bench.notebook.reading import axis_of, group_of, series_on, study_of
from bench.report.drawing import axis_lines, crossover_map, joule_bars, roofline_cases, speed_up_bars
from bench.report.findings import crossover, rooflines
from bench.report.findings.cases import GROUP_AXES, THREADS, label
from bench.report.findings.joule_ranking import rank_joules
from bench.report.findings.joules import EnergyKind
from bench.report.findings.speed_ups import speed_ups

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from bench.report.findings.ranking import Ranking
    from bench.report.findings.results import Group
    from bench.report.sections.study import Study


def time(
    measurements: pd.DataFrame, axis: str, *, conditions: str | None = None, base: str | None = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """The time of each implementation over an axis of the sweep, all others at the baseline, with 95 % intervals.

    `base` is the problem at the baseline, needed where the rows have lines of several problems.
    """
    study = study_of(measurements)
    return on_axes(axis_lines.times(series_on(study, axis, conditions, base), study.marks), ax)


def rate(
    measurements: pd.DataFrame, axis: str, *, conditions: str | None = None, base: str | None = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """The effective GFLOP/s of each implementation over an axis, direct FLOPs over time; else as `time`."""
    study = study_of(measurements)
    return on_axes(axis_lines.rates(series_on(study, axis, conditions, base), study.marks), ax)


def speedup(
    measurements: pd.DataFrame, over: str = "torch", *, conditions: str | None = None, ax: Axes | None = None
) -> Axes:
    """Sorted bars of the time of `over` over that of the fastest of each case; 1 where `over` is the fastest itself."""
    study = study_of(measurements)
    group = group_of(study, conditions)
    if over not in study.marks:
        raise UsageError(f"over is {over!r}; allowed: {', '.join(study.marks)}")
    found = speed_ups(study.ranked(group), over)
    if not found:
        raise UsageError(f"no case on {group.label} has usable times of {over} and of another implementation")
    named = [(label(one.ranking.order[0], study.axes), one) for one in found]
    return on_axes(speed_up_bars.panel(named, study.marks, f"Speed-up over {over}, {group.label}", over), ax)


def roofline(measurements: pd.DataFrame, *, conditions: str | None = None, ax: Axes | None = None) -> Axes:
    """The rate of each row over its arithmetic intensity, under the ceilings that the run measured."""
    study = study_of(measurements)
    group = group_of(study, conditions)
    known = tuple(map(Calibration.from_dict, study.meta.get("calibration") or ()))
    found = rooflines.roofline(group, study.results, find(known, group.device, group.threads, group.tuning.key))
    if found is None:
        raise UsageError(
            f"there is no measured peak of {group.label}, or no row with FLOPs, bytes and a time that is not noisy"
        )
    return on_axes(roofline_cases.panel(found, study.marks, f"Roofline, {group.label}"), ax)


def winners(
    measurements: pd.DataFrame, x: str, y: str, *, conditions: str | None = None, ax: Axes | None = None
) -> Axes:
    """A map of the fastest implementation over two axes of the sweep, all others at the baseline; ties are hatched."""
    study = study_of(measurements)
    group = group_of(study, conditions)
    if x == y or THREADS in (x, y):
        raise UsageError(f"x is {x!r} and y is {y!r}; allowed: two different axes, threads not among them")
    of_x, of_y = axis_of(study, x), axis_of(study, y)
    others = [axis for axis in study.axes if axis.name not in (x, y, *GROUP_AXES)]
    ranked = [ranking for ranking in study.ranked(group) if ranking.order]
    found = crossover.over(of_x, of_y, group, tuple((axis.name, axis.baseline) for axis in others), ranked)
    if not found.cells:
        raise UsageError(f"no case on {group.label} is at a place of both {x} and {y}")
    return on_axes(crossover_map.panel(found, study.marks, f"Fastest by {x} and {y}, {group.label}"), ax)


def joules(
    measurements: pd.DataFrame, energy: pd.DataFrame, *, case: str | None = None, conditions: str | None = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Bars of the measured joules of one case, its descriptor or by default that of the baseline, with 95 % intervals.

    Raises UsageError also where nothing was measured: modelled and bracketed joules order nothing beyond time.
    """
    study = study_of(measurements, energy)
    group = group_of(study, conditions)
    times = _with_joules(study, group, case)
    ranked = None if times is None else rank_joules(times, study.energy_of)
    if ranked is None:
        reasons = dict.fromkeys(study.energy_of(result).reason for result in study.timed(group))
        where = f"{case} on {group.label}" if case else group.label
        raise UsageError(
            f"no joules of a package or board were measured of {where} ({'; '.join(reasons)}); allowed: a case whose "
            "energy has the method counter or power_integral"
        )
    return on_axes(joule_bars.measured(ranked, study.marks), ax)


def _with_joules(study: Study, group: Group, case: str | None) -> Ranking | None:
    if case is None:
        return study.central_with(group, EnergyKind.MEASURED)
    found = [r for r in study.ranked(group) if r.order and r.order[0].descriptor == case]
    if not found:
        known = dict.fromkeys(r.order[0].descriptor for r in study.ranked(group) if r.order)
        raise UsageError(f"case is {case!r}; allowed: {', '.join(known)}")
    return found[0]
