"""Examines which settings of clock and power could be axes of a sweep, and what it takes where they could not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.doctor.finding import Finding, Rating
from bench.doctor.system import System
from bench.tuning.possible import Possibility, possibilities
from bench.tuning.value import TUNING_AXES

_SECTION = "permissions"
_NO_REMEDY = "this machine has no such setting; sweeps measure it as it is"


def settings(system: System, allotted: Sequence[int] | None, nvml: Any = None) -> list[Finding]:
    """A finding for each setting that this machine has; `nvml` is pynvml by default. Nothing is changed.

    A machine without a GPU, or whose host sets the clock, has none: other findings say so.
    """
    found = possibilities(tuple(TUNING_AXES), system.root, allotted, nvml, tries=False)
    return [_setting(one) for one in found if one.allowed is not None]


def _setting(one: Possibility) -> Finding:
    name = f"set {one.name}"
    if one.why_not is None:
        return Finding(_SECTION, name, f"may be an axis: {one.allowed}")
    return Finding(_SECTION, name, f"{one.allowed}, but {one.why_not}", Rating.MISSING, one.remedy or _NO_REMEDY)
