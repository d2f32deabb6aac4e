"""Reads the measured times of runs, and refuses runs that cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.calibration.value import Calibration
from bench.errors import InfrastructureError, UsageError
from bench.predict.tables import energy_rows
from bench.predict.tables.quantities import ENERGY, TIME, PredictedQuantity
from bench.predict.tables.timed import TimedCase
from bench.store import runs, stored
from bench.store.energies import FiguresByRow
from bench.store.schema import Row
from bench.store.status import Flag, Status
from impls import Case, ConvProblem
from impls.cost_model.cost_table import Subject

# Rows that may not compute all that they state.
_UNTRUSTED = (Flag.IMPOSSIBLE, Flag.KNOWN_INPUTS)
# What decides the times of a device beside what a row tells.
_OF_DEVICE = {"cpu": ("cpu", "simd"), "cuda": ("gpu",)}


@dataclass(frozen=True, slots=True)
class RunTimes:
    """The times of one run: `machine` names its device and libraries, `left_out` counts its other rows by reason."""

    timed: tuple[TimedCase, ...]
    machine: dict[str, Any]
    left_out: dict[str, int]
    calibrations: tuple[Calibration, ...]


def read(folder: Path, quantity: PredictedQuantity = TIME) -> RunTimes:
    """The times of a run, or its measured joules in their place.

    Raises UsageError for a folder that is no run, and for joules that were not measured; InfrastructureError for a
    damaged run.
    """
    meta, known = runs.read_meta(folder), stored.read(folder)
    rows = list(known.rows())
    joules = _joules(folder, meta, rows, known.joules()) if quantity is ENERGY else None
    left_out: dict[str, int] = {}
    timed = []
    for row in rows:
        reason = _unfit(row)
        one = None if reason else _timed(row, folder)
        if one is not None and joules is not None:
            value = joules.get((row.case_key, row.implementation))
            one = None if value is None else replace(one, time_s=value, scatter=float("nan"))
            reason = "its joules were not measured, or cannot be trusted"
        if one is None:
            left_out[str(reason)] = left_out.get(str(reason), 0) + 1
        else:
            timed.append(one)
    environment = meta.get("environment") or {}
    names = ("cpu", "simd", "gpu", "torch", "numba", "convcost")
    return RunTimes(
        tuple(timed), {name: environment.get(name) for name in names}, left_out, _calibrations(folder, meta)
    )


def require_same_machine(folders: Sequence[Path], found: Sequence[RunTimes]) -> None:
    """Raise UsageError for runs of one device name that different processors or GPUs stand behind."""
    for device, keys in _OF_DEVICE.items():
        seen: dict[tuple[Any, ...], Path] = {}
        for folder, one in zip(folders, found, strict=True):
            if any(timed.subject.device == device for timed in one.timed):
                seen.setdefault(tuple(one.machine.get(key) for key in keys), folder)
        if len(seen) > 1:
            named = "; ".join(f"{folder}: {', '.join(map(str, names))}" for names, folder in seen.items())
            raise UsageError(
                f"the rows of device {device} are of different machines ({named}), and no column tells them apart; "
                "allowed: runs of one machine; fit each machine to a model of its own"
            )


def _joules(folder: Path, meta: dict[str, Any], rows: Sequence[Row], measured: FiguresByRow) -> energy_rows.Joules:
    lines = runs.energy_of(folder, meta, rows, measured)
    energy_rows.require_joules(folder, lines)
    return energy_rows.joules_of(rows, lines)


def _unfit(row: Row) -> str | None:
    if row.status is not Status.OK:
        return f"status {row.status}"
    if row.time_s is None:
        return "no time"
    if row.delegate:
        return "it only chose another implementation"
    if row.cache != "warm":
        return f"caches {row.cache}"
    if row.tuning.key:
        return "clock or power were set"
    flags = [flag for flag in _UNTRUSTED if flag in row.flags]
    return f"flagged {flags[0]}" if flags else None


def _timed(row: Row, folder: Path) -> TimedCase:
    assert row.time_s is not None, "rows without a time are left out"
    low, high = row.time_low_s, row.time_high_s
    # A clock that is too coarse gives times of 0: they are dropped later, by name.
    scatter = float("nan") if low is None or high is None or not row.time_s else (high - low) / 2 / row.time_s
    return TimedCase(subject_of(row), case_of(row), row.time_s, scatter, f"{folder.name}: {row.descriptor}")


def subject_of(row: Row) -> Subject:
    """What the time of a row is of."""
    data = row.data if row.weights is None else f"{row.data}, weights {row.weights}"
    threads = row.threads if row.device == "cpu" else None
    return Subject(row.device, row.implementation, row.precision, threads, data)


def case_of(row: Row) -> Case:
    """The case of a row."""
    return Case(ConvProblem.parse(row.descriptor, bias=row.bias), row.precision, row.layout, row.device)


def _calibrations(folder: Path, meta: dict[str, Any]) -> tuple[Calibration, ...]:
    try:
        return tuple(Calibration.from_dict(one) for one in meta.get("calibration") or ())
    except (KeyError, TypeError) as error:
        raise InfrastructureError(f"{folder / runs.META_NAME} is damaged: {error!r}") from error
