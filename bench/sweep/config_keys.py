"""The keys of sweep files: each with the function that checks and reads its value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from bench.energy.plan import PLANS
from bench.errors import UsageError
from bench.gate.data import ALLOWED, AS_X, KINDS, is_allowed
from bench.machine.pinning import MALLOCS
from bench.sweep.axes import Axis, make_axis
from bench.sweep.duration import seconds
from bench.timing import CACHES
from impls import ConvProblem
from impls.errors import did_you_mean
from impls.interface import DEVICES, LAYOUTS
from impls.precision import PRECISIONS

DESIGNS = ("one-at-a-time", "product")
# The cases whose joules are measured: none, the base that axes vary, or all.
ENERGY = ("none", "base", "all")
# Processes are begun, and rounds planned, one by one.
MOST_PROCESSES, _MOST_VISITS, _MOST_WINDOWS = 100, 1_000, 1_000_000
# About thirty years in seconds.
_MOST = 1_000_000_000


class AxisError(UsageError):
    """An error in one line of [axes]."""

    def __init__(self, axis: str, message: str) -> None:
        super().__init__(message)
        self.axis = axis


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{value!r} is not text; allowed: text in quotes")
    return value


def _base(value: object) -> str:
    ConvProblem.parse(_text(value))
    return _text(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise UsageError(f"{value!r} is not a positive, finite number")
    if value > _MOST:
        raise UsageError(f"{value!r} is too large; allowed: up to {_MOST:,}")
    return float(value)


def _up_to(most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise UsageError(f"{value!r} is not a whole number from 1 to {most:,}")
        return value

    return read


def _seed(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"{value!r} is not a whole number of at least 0")
    return value


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise UsageError(f"{value!r} is neither true nor false")


def _word(allowed: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in allowed:
            raise UsageError(f"{value!r} is unknown{did_you_mean(str(value), allowed)}; allowed: {', '.join(allowed)}")
        return str(value)

    return read


def _data(value: object) -> str:
    if not is_allowed(value):
        raise UsageError(f"{value!r} is unknown{did_you_mean(str(value), KINDS)}; allowed: {ALLOWED}")
    return str(value)


def _weights(value: object) -> str:
    return AS_X if value == AS_X else _data(value)


def _list_of(read: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    def read_list(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise UsageError(f'{value!r} is not a list, or an empty one; allowed: a list as in ["a", "b"]')
        return tuple(dict.fromkeys(read(v) for v in value))

    return read_list


def _axes(value: object) -> tuple[Axis, ...]:
    if not isinstance(value, dict):
        raise UsageError(f"{value!r} is not a table; allowed: [axes] and lines such as kernel = [1, 3, 5]")
    found = []
    for name, values in value.items():
        if not isinstance(values, list):
            raise AxisError(name, f"axis {name} has the value {values!r}; allowed: a list, as in [1, 3, 5]")
        try:
            found.append(make_axis(name, tuple(values)))
        except UsageError as error:
            raise AxisError(name, str(error)) from error
    return tuple(found)


KEYS: dict[str, Callable[[object], Any]] = {
    "base": _base,
    "design": _word(DESIGNS),
    "implementations": _list_of(_text),
    "devices": _list_of(_word(DEVICES)),
    "precisions": _list_of(_word(tuple(PRECISIONS))),
    "layouts": _list_of(_word(LAYOUTS)),
    "data": _list_of(_data),
    "weights": _weights,
    "axes": _axes,
    "grid": _axes,
    "layers": _list_of(_text),
    "include": _list_of(_text),
    "bias": _flag,
    "max_seconds": _number,
    "budget": seconds,
    "target_rel_ci": _number,
    "processes": _up_to(MOST_PROCESSES),
    "visits": _up_to(_MOST_VISITS),
    "cache": _word(CACHES),
    "malloc": _word(MALLOCS),
    "seed": _seed,
    "energy": _word(ENERGY),
    "energy_plan": _word(tuple(PLANS)),
    "energy_window_s": _number,
    "energy_windows": _up_to(_MOST_WINDOWS),
}
# Keys with another name than their field.
FIELDS = {"budget": "budget_s"}
