"""The joules of a run as typed values, read once: measured, modelled, or none with the reason.

Measured and modelled figures are of two types, so that no table, ranking or series can hold both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from bench.energy.meter import MEASURED
from bench.report.findings import frames

if TYPE_CHECKING:
    import pandas as pd

NOT_RECORDED = "not recorded"
_MODELLED = "model"

# Device, case_key and implementation of a row.
Key = tuple[str, str, str]


class Kind(Enum):
    """What is known of a row's energy."""

    MEASURED = "measured"
    MODELLED = "modelled"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Joules:
    """Joules of one call with half the 95 % interval, None where that is unknown."""

    value_j: float
    u95_j: float | None = None

    @property
    def interval_j(self) -> tuple[float, float] | None:
        return None if self.u95_j is None else (self.value_j - self.u95_j, self.value_j + self.u95_j)


@dataclass(frozen=True, slots=True)
class Source:
    """Where measured joules come from; only between figures that agree in it does the meter's scale cancel."""

    scope: str
    meter: str
    method: str

    @property
    def label(self) -> str:
        return f"{self.scope}, {self.meter}, {self.method}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one scope saw of one row's calls. Per direct FLOP is the net energy, else the gross one."""

    source: Source
    net: Joules | None
    gross: Joules | None
    per_direct_flop_j: float | None = None
    power_w: float | None = None
    idle_w: float | None = None
    gain_rel: float | None = None
    check_rel: float | None = None
    plan: str = ""
    tau_s: float | None = None
    window_s: float | None = None
    windows: int | None = None
    rejected: int | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Modelled:
    """A row's time multiplied by an assumed power."""

    scope: str
    value_j: float
    per_direct_flop_j: float | None = None


@dataclass(frozen=True, slots=True)
class RowEnergy:
    """The energy of one row: by scope in the meter's order, or modelled; `reason` says why something is missing."""

    measured: tuple[Measured, ...] = ()
    modelled: Modelled | None = None
    reason: str = NOT_RECORDED

    @property
    def kind(self) -> Kind:
        if self.measured:
            return Kind.MEASURED
        return Kind.NONE if self.modelled is None else Kind.MODELLED


def read(energy: pd.DataFrame) -> dict[Key, RowEnergy]:
    """Every row's energy by device, case and implementation."""
    lines: dict[Key, list[Mapping[Any, Any]]] = {}
    for record in energy.to_dict("records"):
        device, case, name = (frames.text(record.get(column)) for column in ("device", "case_key", "implementation"))
        lines.setdefault((device, case, name), []).append(record)
    return {key: _row_energy(records) for key, records in lines.items()}


def _row_energy(records: list[Mapping[Any, Any]]) -> RowEnergy:
    measured = tuple(figure for record in records if (figure := _measured(record)) is not None)
    modelled = [assumed for record in records if (assumed := _modelled(record)) is not None]
    reasons = [reason for record in records if (reason := frames.text(record.get("reason")))]
    return RowEnergy(
        measured,
        # Beside a measurement a model has nothing to say.
        modelled[0] if modelled and not measured else None,
        "; ".join(dict.fromkeys(reasons)) or NOT_RECORDED,
    )


def _measured(record: Mapping[Any, Any]) -> Measured | None:
    """A line with joules of a meter, None for any other."""
    method = frames.text(record.get("method"))
    net = _joules(record, "net_j", "u95_j")
    # Without idle power u95_j is that of the gross energy.
    gross = _joules(record, "gross_j", "gross_u95_j" if net else "u95_j")
    if method not in MEASURED or (net is None and gross is None):
        return None
    per_flop = _finite(record, "net_j_per_direct_flop" if net else "gross_j_per_direct_flop")
    return Measured(
        Source(frames.text(record.get("scope")), frames.text(record.get("source")), method),
        net,
        gross,
        per_direct_flop_j=per_flop,
        power_w=_finite(record, "power_w"),
        idle_w=_finite(record, "idle_w"),
        gain_rel=_finite(record, "gain_rel"),
        check_rel=_finite(record, "check_rel"),
        plan=frames.text(record.get("plan")),
        tau_s=_finite(record, "tau_s"),
        window_s=_finite(record, "window_s"),
        windows=frames.whole(record.get("windows")),
        rejected=frames.whole(record.get("rejected")),
        flags=frames.words(record.get("flags")),
    )


def _modelled(record: Mapping[Any, Any]) -> Modelled | None:
    value_j = _finite(record, "modelled_j")
    if frames.text(record.get("method")) != _MODELLED or value_j is None:
        return None
    return Modelled(frames.text(record.get("scope")), value_j, _finite(record, "modelled_j_per_direct_flop"))


def _joules(record: Mapping[Any, Any], value: str, half: str) -> Joules | None:
    value_j = _finite(record, value)
    return None if value_j is None else Joules(value_j, _finite(record, half))


def _finite(record: Mapping[Any, Any], column: str) -> float | None:
    value = frames.number(record.get(column))
    return value if value is not None and math.isfinite(value) else None
