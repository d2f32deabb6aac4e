"""Reads the joules of a run as typed values: measured, modelled, bracketed, or none with the reason.

Measured, modelled and bracketed joules have different types, so no table, ranking or series can hold two kinds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from bench.energy.bracket.ranges import Range
from bench.energy.executed.model import SOURCE
from bench.energy.meter import MEASURED
from bench.format import count
from bench.report.findings.frame_values import listed, number, text, whole

if TYPE_CHECKING:
    import pandas as pd

NOT_RECORDED = "not recorded"
_MODELLED, _BRACKETED = "model", "bracket"

# Device, case_key and implementation of a row.
Key = tuple[str, str, str]


class EnergyKind(Enum):
    """How the energy of a row is known, if at all."""

    MEASURED = "measured"
    MODELLED = "modelled"
    BRACKETED = "bracketed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class JoulesPerCall:
    """Joules of one call with half the 95 % interval, None where it is unknown; of modelled ones half their range."""

    value_j: float
    u95_j: float | None = None

    @property
    def interval_j(self) -> tuple[float, float] | None:
        return None if self.u95_j is None else (self.value_j - self.u95_j, self.value_j + self.u95_j)


@dataclass(frozen=True, slots=True)
class MeterSource:
    """The scope, meter and method of measured joules; the meter's scale cancels only where all three agree."""

    scope: str
    meter: str
    method: str

    @property
    def label(self) -> str:
        return f"{self.scope}, {self.meter}, {self.method}"


@dataclass(frozen=True, slots=True)
class MeasuredJoules:
    """The energy of one row's calls in one scope. `per_direct_flop_j` is of the net energy, else of the gross one."""

    source: MeterSource
    net: JoulesPerCall | None
    gross: JoulesPerCall | None
    per_direct_flop_j: float | None = None
    power_w: float | None = None
    idle_w: float | None = None
    gain_rel: float | None = None
    check_rel: float | None = None
    plan: str = ""
    tau_s: float | None = None
    window_s: float | None = None
    windows: int | None = None
    processes: int | None = None
    rejected: int | None = None
    neighbours_share: float | None = None
    idle_neighbours_share: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelledJoules:
    """A row's time multiplied by an assumed power or, with `is_executed`, what it executed by fitted coefficients.

    `half_j` is then half the width of their range, by the error on rows that were left out of the fit.
    """

    scope: str
    value_j: float
    per_direct_flop_j: float | None = None
    half_j: float | None = None
    is_executed: bool = False


@dataclass(frozen=True, slots=True)
class BracketedJoules:
    """A row's time multiplied by a low and a high power, those of `machines` machines of the same class.

    `energy_j` is of one call, `idle_j` the part of it that the same cores take when idle, too. Ranges have no value
    within them, so there is nothing to rank.
    """

    scope: str
    energy_j: Range
    idle_j: Range | None
    per_direct_flop_j: Range | None
    power_w: Range | None
    machine_class: str
    machines: int | None

    @property
    def label(self) -> str:
        """The class and the number of its machines, as in "AMD Zen 4 servers, 46 machines"."""
        number = "machines not recorded" if self.machines is None else count(self.machines, "machine")
        return f"{self.machine_class or 'class not recorded'}, {number}"


@dataclass(frozen=True, slots=True)
class RowEnergy:
    """The energy of one row: measured by scope in the meter's order, or modelled, or bracketed; never two kinds.

    `reason` is for missing figures.
    """

    measured: tuple[MeasuredJoules, ...] = ()
    modelled: ModelledJoules | None = None
    bracketed: BracketedJoules | None = None
    reason: str = NOT_RECORDED

    @property
    def kind(self) -> EnergyKind:
        if self.measured:
            return EnergyKind.MEASURED
        if self.modelled is not None:
            return EnergyKind.MODELLED
        return EnergyKind.NONE if self.bracketed is None else EnergyKind.BRACKETED


def read(energy: pd.DataFrame) -> dict[Key, RowEnergy]:
    """The energy of every row by device, case and implementation."""
    lines: dict[Key, list[Mapping[Any, Any]]] = {}
    for record in energy.to_dict("records"):
        device, case, name = (text(record.get(column)) for column in ("device", "case_key", "implementation"))
        lines.setdefault((device, case, name), []).append(record)
    return {key: _row_energy(records) for key, records in lines.items()}


def _row_energy(records: list[Mapping[Any, Any]]) -> RowEnergy:
    measured = tuple(figure for record in records if (figure := _measured(record)) is not None)
    modelled = [assumed for record in records if (assumed := _modelled(record)) is not None]
    bracketed = [known for record in records if (known := _bracketed(record)) is not None]
    reasons = [reason for record in records if (reason := text(record.get("reason")))]
    return RowEnergy(
        measured,
        # A model adds nothing to a measurement, and a bracket nothing to either.
        modelled[0] if modelled and not measured else None,
        bracketed[0] if bracketed and not (measured or modelled) else None,
        "; ".join(dict.fromkeys(reasons)) or NOT_RECORDED,
    )


def _measured(record: Mapping[Any, Any]) -> MeasuredJoules | None:
    """The measured joules of a line, None if no meter measured it."""
    method = text(record.get("method"))
    net = _joules(record, "net_j", "u95_j")
    # Without idle power u95_j belongs to the gross energy.
    gross = _joules(record, "gross_j", "gross_u95_j" if net else "u95_j")
    if method not in MEASURED or (net is None and gross is None):
        return None
    per_flop = _finite(record, "net_j_per_direct_flop" if net else "gross_j_per_direct_flop")
    return MeasuredJoules(
        MeterSource(text(record.get("scope")), text(record.get("source")), method),
        net,
        gross,
        per_direct_flop_j=per_flop,
        power_w=_finite(record, "power_w"),
        idle_w=_finite(record, "idle_w"),
        gain_rel=_finite(record, "gain_rel"),
        check_rel=_finite(record, "check_rel"),
        plan=text(record.get("plan")),
        tau_s=_finite(record, "tau_s"),
        window_s=_finite(record, "window_s"),
        windows=whole(record.get("windows")),
        processes=whole(record.get("processes")),
        rejected=whole(record.get("rejected")),
        neighbours_share=_finite(record, "neighbours_share"),
        idle_neighbours_share=_finite(record, "idle_neighbours_share"),
        flags=listed(record.get("flags")),
    )


def _modelled(record: Mapping[Any, Any]) -> ModelledJoules | None:
    """The modelled joules of a line, None if it is not of the model."""
    value_j = _finite(record, "modelled_j")
    if text(record.get("method")) != _MODELLED or value_j is None:
        return None
    return ModelledJoules(
        text(record.get("scope")),
        value_j,
        _finite(record, "modelled_j_per_direct_flop"),
        _finite(record, "modelled_half_j"),
        is_executed=text(record.get("source")) == SOURCE,
    )


def _bracketed(record: Mapping[Any, Any]) -> BracketedJoules | None:
    """The bracketed joules of a line, None if it is not of a bracket, or its ends are no range."""
    energy_j = _range(record, "low_j", "high_j")
    if text(record.get("method")) != _BRACKETED or energy_j is None:
        return None
    return BracketedJoules(
        text(record.get("scope")),
        energy_j,
        _range(record, "idle_low_j", "idle_high_j"),
        _range(record, "low_j_per_direct_flop", "high_j_per_direct_flop"),
        _range(record, "power_low_w", "power_high_w"),
        text(record.get("bracket_class")),
        whole(record.get("bracket_machines")),
    )


def _range(record: Mapping[Any, Any], lowest: str, highest: str) -> Range | None:
    low, high = _finite(record, lowest), _finite(record, highest)
    return Range(low, high) if low is not None and high is not None and 0 <= low < high else None


def _joules(record: Mapping[Any, Any], value: str, half: str) -> JoulesPerCall | None:
    value_j = _finite(record, value)
    return None if value_j is None else JoulesPerCall(value_j, _finite(record, half))


def _finite(record: Mapping[Any, Any], column: str) -> float | None:
    value = number(record.get(column))
    return value if value is not None and math.isfinite(value) else None
