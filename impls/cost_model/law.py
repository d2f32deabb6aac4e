"""A law of counted work by code path: the time is a sum of constants × work, none below zero, above a floor.

time = (floor^p + work^p)^(1/p).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from impls.cost_model import cpu_work, gpu_work
from impls.cost_model.cost_table import UNNAMED, CostTable, Floats, Integers
from impls.cost_model.counted import Constant
from impls.cost_model.model_file import number_of

# How sharply the floor gives way to work. A GPU's launch overlaps with work; a CPU's call comes on top.
SHARPNESS = {"gpu": 4.0, "cpu": 1.0}
WORK: Mapping[str, ModuleType] = {"gpu": gpu_work, "cpu": cpu_work}
# No call is shorter.
LEAST_S = 1e-9


def kinds_of(table: CostTable) -> tuple[str, ...]:
    """The laws that may hold for a device: both where it is not named."""
    device = table.subject.device
    return ("gpu", "cpu") if device == UNNAMED else ("gpu",) if device == "cuda" else ("cpu",)


@dataclass(frozen=True, slots=True)
class Law:
    """The constants of a law in seconds for one of their unit, by name; those of no effect are left out."""

    kind: str
    constants: Mapping[str, float]

    def time_s(self, table: CostTable) -> Floats:
        """The seconds of each row."""
        return self.parts(table)[0]

    def parts(self, table: CostTable) -> tuple[Floats, Floats]:
        """The seconds of each row, and the relative change of the time over that of the work.

        The latter is 0 at the floor, 1 far above it.
        """
        sharpness = SHARPNESS[self.kind]
        counted = WORK[self.kind].counted(table)
        floor, work = np.zeros(len(table)), np.zeros(len(table))
        for one in counted:
            if value := self.constants.get(one.constant.name):
                part = floor if one.constant.is_floor else work
                part += value * one.amounts
        time_s = joined(floor, work, sharpness)
        return time_s, np.clip(1 - (floor / time_s) ** sharpness, 0.0, 1.0)

    def described(self) -> list[tuple[Constant, float]]:
        """Each constant with its meaning and value."""
        known = WORK[self.kind].CONSTANTS
        return [(constant, self.constants[constant.name]) for constant in known if constant.name in self.constants]

    def path_of(self, table: CostTable) -> Integers:
        found: Integers = WORK[self.kind].path_of(table)
        return found

    def floor_of(self, table: CostTable) -> Integers:
        found: Integers = WORK[self.kind].floor_of(table)
        return found

    def places(self, table: CostTable) -> Floats:
        found: Floats = WORK[self.kind].places(table)
        return found

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "constants": dict(self.constants)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Law:
        constants = {str(name): number_of(value, 0) for name, value in values["constants"].items()}
        if values["kind"] not in WORK:
            raise ValueError(f"no law is called {values['kind']!r}")
        return cls(values["kind"], constants)


def joined(floor: Floats, work: Floats, sharpness: float) -> Floats:
    """(floor^p + work^p)^(1/p), without overflow; never less than a nanosecond."""
    larger = np.maximum(np.maximum(floor, work), LEAST_S)
    found: Floats = larger * ((floor / larger) ** sharpness + (work / larger) ** sharpness) ** (1 / sharpness)
    return np.maximum(found, LEAST_S)
