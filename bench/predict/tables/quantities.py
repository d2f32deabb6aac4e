"""What a model predicts of a layer: seconds of a call, or measured joules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench import format as text
from bench.errors import UsageError


@dataclass(frozen=True, slots=True)
class PredictedQuantity:
    """A quantity by the name that users type, its unit, the stem of its columns, and how a value is written."""

    name: str
    unit: str
    column: str
    written: Callable[[float | None], str]

    def named(self, part: str = "") -> str:
        """The name of a column: time_s, time_lo_s, energy_hi_j."""
        stem, unit = self.column.rsplit("_", 1)
        return f"{stem}_{part}_{unit}" if part else self.column


TIME = PredictedQuantity("time", "s", "time_s", text.seconds)
ENERGY = PredictedQuantity("energy", "J", "energy_j", text.joules)
QUANTITIES = (TIME, ENERGY)


def quantity_of(name: str) -> PredictedQuantity:
    """The quantity of a name. Raises UsageError for an unknown one."""
    for one in QUANTITIES:
        if one.name == name:
            return one
    raise UsageError(f"{name!r} cannot be predicted; allowed: {', '.join(one.name for one in QUANTITIES)}")
