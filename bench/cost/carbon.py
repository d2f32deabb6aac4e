"""Computes grams of CO₂ equivalents from joules: energy times the carbon intensity of a grid.

grids.csv holds the lifecycle intensity of the electricity generated in a country (without imports), rounded to 0.1 g,
for 2024 or the latest earlier year in the source: Ember, "Yearly Electricity Data" and "Yearly Electricity Data
Europe", 2025 (CC BY 4.0), as processed by Our World in Data (CC BY 4.0), "Carbon intensity of electricity generation",
https://ourworldindata.org/grapher/carbon-intensity-electricity, edition of July 2025.

Sources disagree, and so do editions of one source: France is 44.2 here for 2024 and 56.0 elsewhere, the world 473.0
here and 445 elsewhere. So each figure is printed with its source and year, and users can give their own (`own`).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

from bench.energy.bracket.ranges import Range
from bench.errors import UsageError

# The low and the high end of what follows from a bracket.
Ends = tuple[float, float]

JOULES_PER_KWH = 3.6e6
# Costs are stated for this many calls: the cost of one call is too small to read.
CALLS = 1_000_000
_TABLE = resources.files("bench.cost") / "grids.csv"
_OWN = "given by the user"
# ISO 3166 reserves these codes for the same countries, and people type them.
_ALSO = {"UK": "GB", "EL": "GR"}


@dataclass(frozen=True, slots=True)
class Grid:
    """The carbon intensity of electricity in g CO₂e/kWh, with year and source; `code` is None for a user's own."""

    code: str | None
    country: str | None
    g_per_kwh: float
    year: int | None
    source: str

    @property
    def label(self) -> str:
        """As in "44.2 g/kWh (France, 2024; lifecycle; Ember (2025) via Our World in Data)"."""
        if self.code is None:
            return f"{self.g_per_kwh:g} g/kWh ({self.source})"
        return f"{self.g_per_kwh:g} g/kWh ({self.country}, {self.year}; lifecycle; {self.source})"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Grid:
        return cls(data["code"], data["country"], float(data["g_per_kwh"]), data["year"], data["source"])


@cache
def grids() -> dict[str, Grid]:
    """All grids of the table by code: two letters of ISO 3166, EU or WORLD."""
    lines = csv.DictReader(_TABLE.read_text(encoding="utf-8").splitlines())
    found = (
        Grid(line["code"], line["country"], float(line["g_per_kwh"]), int(line["year"]), line["source"])
        for line in lines
    )
    return {grid.code: grid for grid in found if grid.code is not None}


def grid(code: str) -> Grid:
    """The grid of a country. Raises UsageError with the known codes."""
    known = grids()
    name = code.strip().upper()
    found = known.get(_ALSO.get(name, name))
    if found is None:
        raise UsageError(
            f"grid {code!r} is unknown; allowed: {', '.join(known)}; or give your own figure with --g-per-kwh"
        )
    return found


def own(g_per_kwh: float) -> Grid:
    """A grid with the user's own figure. Raises UsageError unless the figure is finite and at least 0."""
    if not (math.isfinite(g_per_kwh) and g_per_kwh >= 0):
        raise UsageError(f"--g-per-kwh is {g_per_kwh:g}; allowed: a number of at least 0, as in 44.2")
    return Grid(None, None, g_per_kwh, None, _OWN)


def grams(energy_j: float | None, grid: Grid | None, pue: float = 1.0) -> float | None:
    """Grams of CO₂e for joules at the device times `pue` (joules at the meter); None if joules or grid are unknown.

    Linear: the half-width u95_j of an interval gives the half-width in grams, without the uncertainty of the grid.
    """
    if energy_j is None or grid is None:
        return None
    return energy_j * pue / JOULES_PER_KWH * grid.g_per_kwh


def grams_per_million_calls(energy_j: float | None, grid: Grid | None, pue: float = 1.0) -> float | None:
    """Grams of CO₂e for a million calls of `energy_j` joules each; None if joules or grid are unknown."""
    return None if energy_j is None else grams(energy_j * CALLS, grid, pue)


def grams_range(energy: Range | None, grid: Grid | None, pue: float = 1.0) -> Ends | None:
    """Both ends of the grams of CO₂e for a range of joules; None if joules or grid are unknown.

    A range of grams, but (0, 0) on a grid without emissions: that is known.
    """
    if energy is None or grid is None:
        return None
    factor = pue / JOULES_PER_KWH * grid.g_per_kwh
    return energy.low * factor, energy.high * factor


def grams_range_per_million_calls(energy: Range | None, grid: Grid | None, pue: float = 1.0) -> Ends | None:
    """The same for a million calls of so many joules each."""
    return grams_range(None if energy is None else energy.times(CALLS), grid, pue)
