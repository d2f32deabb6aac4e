"""Reads a data frame of `bench.load`, or some of its rows, as the page reads a run; and picks what one figure shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bench import format
from bench.errors import UsageError
from bench.notebook.loading import ATTRIBUTE
from bench.report.findings.cases import GROUP_AXES, THREADS, Axis
from bench.report.findings.results import Group
from bench.report.findings.series import Series, series_of
from bench.report.sections.study import Study
from bench.store import tables
from bench.store.energy_schema import Energy
from bench.store.runs import Run

if TYPE_CHECKING:
    import pandas as pd

_T = TypeVar("_T")
_NEEDED = ("case_key", "descriptor", "device", "implementation", "status", "time_s")


def study_of(measurements: pd.DataFrame, energy: pd.DataFrame | None = None) -> Study:
    """The findings on these rows. Raises UsageError for another frame, or one without a time."""
    columns = set(getattr(measurements, "columns", ()))
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise UsageError(
            f"this is no frame of measurements: it lacks {', '.join(missing)}; allowed: `measurements` of bench.load, "
            "or some of its rows, with all columns"
        )
    meta: dict[str, Any] = dict(measurements.attrs.get(ATTRIBUTE) or {})
    joules = tables.frame(Energy, ()) if energy is None else energy
    study = Study.of(Run(Path(), meta, measurements, (), joules))
    if not any(result.time for result in study.results):
        among = format.count(len(measurements), "row")
        raise UsageError(f"none of {among} has a time; allowed: rows with status ok among them")
    return study


def group_of(study: Study, conditions: str | None) -> Group:
    """The group of these conditions, or the only one with a time. Raises UsageError if it is not clear which."""
    timed = [group for group in study.groups if study.timed(group)]
    return _only(timed, [group.label for group in timed], conditions, "conditions")


def axis_of(study: Study, name: str) -> Axis:
    """The axis of this name. Raises UsageError for one that the sweep did not vary, or that has no line of its own."""
    drawn = [axis for axis in study.axes if axis.name == THREADS or axis.name not in GROUP_AXES]
    found = next((axis for axis in drawn if axis.name == name), None)
    if found is None:
        names = ", ".join(axis.name for axis in drawn) or "none, since this run has no axes"
        raise UsageError(f"there is no axis {name!r} here; allowed: {names}")
    return found


def series_on(study: Study, axis: str, conditions: str | None, base: str | None) -> Series:
    """The cases along an axis, all others at the baseline. Raises UsageError for none, or if it is not clear which."""
    found = [one for one in series_of(axis_of(study, axis), study.results, study.axes) if one.timed]
    if not found:
        raise UsageError(f"the axis {axis!r} has fewer than two values with a time in these rows")
    wanted = conditions if axis != THREADS or conditions is None else _without_threads(study, conditions)
    label = _only([one.group.label for one in found], [one.group.label for one in found], wanted, "conditions")
    own = [one for one in found if one.group.label == label]
    return _only(own, [one.base for one in own], base, "base")


def _without_threads(study: Study, conditions: str) -> str:
    """On the axis of threads, their number is no part of the conditions; they may be given with one."""
    group = next((group for group in study.groups if group.label == conditions), None)
    return conditions if group is None else replace(group, threads=None).label


def _only(values: Sequence[_T], labels: Iterable[str], wanted: str | None, argument: str) -> _T:
    by_label = dict(zip(labels, values, strict=True))
    allowed = ", ".join(map(repr, by_label))
    if wanted is None and len(by_label) > 1:
        raise UsageError(f"these rows have several {argument}, and a figure has one; allowed: {argument}= of {allowed}")
    if wanted is None:
        return values[0]
    if wanted not in by_label:
        raise UsageError(f"{argument} is {wanted!r}; allowed: {allowed}")
    return by_label[wanted]
