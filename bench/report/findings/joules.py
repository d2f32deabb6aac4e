"""Reads the joules of a run as typed values: measured, modelled, or none with the reason.

Measured and modelled joules have different types, so no table, ranking or series can hold both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from bench.energy.meter import MEASURED
from bench.report.findings.frame_values import listed, number, text, whole

if TYPE_CHECKING:
    import pandas as pd

NOT_RECORDED = "not recorded"
_MODELLED = "model"

# Device, case_key and implementation of a row.
Key = tuple[str, str, str]


class EnergyKind(Enum):
    """How the energy of a row is known, if at all."""

    MEASURED = "measured"
    MODELLED = "modelled"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class JoulesPerCall:
    """Joules of one call with half the 95 % interval, None where it is unknown."""

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
    """A row's time multiplied by an assumed power."""

    scope: str
    value_j: float
    per_direct_flop_j: float | None = None


@dataclass(frozen=True, slots=True)
class RowEnergy:
    """The energy of one row: measured by scope in the meter's order, or modelled; `reason` is for missing figures."""

    measured: tuple[MeasuredJoules, ...] = ()
    modelled: ModelledJoules | None = None
    reason: str = NOT_RECORDED

    @property
    def kind(self) -> EnergyKind:
        if self.measured:
            return EnergyKind.MEASURED
        return EnergyKind.NONE if self.modelled is None else EnergyKind.MODELLED


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
    reasons = [reason for record in records if (reason := text(record.get("reason")))]
    return RowEnergy(
        measured,
        # A model adds nothing to a measurement.
        modelled[0] if modelled and not measured else None,
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
    return ModelledJoules(text(record.get("scope")), value_j, _finite(record, "modelled_j_per_direct_flop"))


def _joules(record: Mapping[Any, Any], value: str, half: str) -> JoulesPerCall | None:
    value_j = _finite(record, value)
    return None if value_j is None else JoulesPerCall(value_j, _finite(record, half))


def _finite(record: Mapping[Any, Any], column: str) -> float | None:
    value = number(record.get(column))
    return value if value is not None and math.isfinite(value) else None
