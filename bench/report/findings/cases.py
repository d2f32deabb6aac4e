"""Places a case in the sweep: on its axes, at its values, with a label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report.findings.results import Result
from bench.tuning.value import TUNING_AXES

# Threads are an axis like any other; on the figures of other axes they are part of the group.
THREADS = "threads"
# These axes set the group of a case; each of their values has its own figures and rankings.
GROUP_AXES = ("precision", "layout", "data", "weights", *TUNING_AXES, THREADS)

# A label lists at most this many places of a case.
_MANY_PLACES = 3

# The sizes of a problem that each axis sets.
_TOUCHES = {
    "kernel": ("kh", "kw"),
    "stride": ("stride",),
    "channels": ("ic", "oc", "groups"),
    "in-channels": ("ic", "groups"),
    "out-channels": ("oc", "groups"),
    "size": ("ih", "iw"),
    "batch": ("batch",),
    "dilation": ("dilation",),
    "groups": ("groups",),
}


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of the sweep; its first value is the baseline."""

    name: str
    values: tuple[str, ...]

    @property
    def baseline(self) -> str:
        return self.values[0]

    @property
    def is_numeric(self) -> bool:
        return all(_as_number(value) is not None for value in self.values)

    @property
    def ordered(self) -> tuple[str, ...]:
        """The values in the order of a figure: numbers by size, words as configured."""
        if not self.is_numeric:
            return self.values
        return tuple(sorted(self.values, key=float))


def axes_of(meta: Mapping[str, Any], results: Iterable[Result]) -> tuple[Axis, ...]:
    """The axes of a run: the configured ones, then the axes and values that only its cases name.

    A configuration may include others and not list their axes; the baseline is then the value measured first.
    """
    listed = (meta.get("configuration") or {}).get("axes") or ()
    found = {str(name): [str(value) for value in values] for name, values in listed if values}
    for result in results:
        for point in result.points:
            for name, value in point.items():
                found.setdefault(name, []).append(value)
    return tuple(Axis(name, tuple(dict.fromkeys(values))) for name, values in found.items())


def values_on(axis: Axis, result: Result, axes: Sequence[Axis]) -> tuple[str, ...]:
    """The values of `axis` that this case measures while every other axis is at its baseline.

    Precision, layout, data, settings and threads may have any value: they set the group, and groups are never mixed.
    """
    others = {other.name: other.baseline for other in axes if other.name not in (axis.name, *GROUP_AXES)}
    found = (
        point[axis.name]
        for point in result.points
        if axis.name in point and all(point.get(name, at) == at for name, at in others.items())
    )
    return tuple(dict.fromkeys(found))


def fixed_sizes(axis: Axis, result: Result) -> tuple[tuple[str, object], ...]:
    """The sizes of a problem that `axis` does not set: the cases on one line of a figure must agree in them."""
    touched = _TOUCHES.get(axis.name, ())
    return tuple((name, value) for name, value in result.sizes if name not in touched)


def label(result: Result, axes: Sequence[Axis]) -> str:
    """A case in words: its difference from the baseline, and its layers in networks."""
    names = [_point_label(point, axes) for point in result.points]
    names += [f"{place.layer_set} {place.layer}" for place in result.layers]
    places = list(dict.fromkeys(names)) or [result.descriptor]
    more = len(places) - _MANY_PLACES
    return " = ".join(places[:_MANY_PLACES]) + (f" and {more} more" if more > 0 else "")


def baseline_text(axes: Sequence[Axis]) -> str:
    """The baseline in words, empty without axes."""
    return ", ".join(f"{axis.name} {axis.baseline}" for axis in axes if axis.name not in GROUP_AXES)


def _point_label(point: Mapping[str, str], axes: Sequence[Axis]) -> str:
    baselines = {axis.name: axis.baseline for axis in axes}
    moved = [f"{name} {v}" for name, v in point.items() if name not in GROUP_AXES and baselines.get(name) != v]
    return ", ".join(moved) or "baseline"


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
