"""One side of a comparison: its runs, and each quantity of its rows as logarithms with their scatter in the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.compare.quantities import ERROR, JOULES, MEMORY, PLAN, QUANTITIES, TIME, Quantity
from bench.errors import UsageError
from bench.estimates.student import coverage_factor
from bench.store import process_times, runs
from bench.store.process_times import KEYS, ProcessTimes
from bench.store.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    import pandas as pd

# The columns of a row that comparisons name or match by.
ABOUT = ("descriptor", "device", "provider", "delegate", "status", "reason")


@dataclass(frozen=True, slots=True)
class RowFigures:
    """The figures of one quantity in one run, one for each row: logarithms, NaN where missing.

    `variance` is that of a logarithm by the scatter within the run, with `freedom` degrees of freedom; NaN and 0 where
    it is not known.
    """

    value: np.ndarray
    variance: np.ndarray
    freedom: np.ndarray

    def at(self, places: np.ndarray) -> RowFigures:
        """The figures of some rows, by their numbers; -1 is a row that is missing."""
        found = [np.where(places < 0, empty, column[places]) if len(column) else np.full(len(places), empty)
                 for column, empty in ((self.value, np.nan), (self.variance, np.nan), (self.freedom, 0.0))]  # fmt: skip
        return RowFigures(*found)


@dataclass(frozen=True)
class ComparedRun:
    """A run as a comparison has it: `rows` has the columns KEYS and ABOUT, `figures` a quantity of each of these rows.

    A value of a column is text, or None where it is missing.
    """

    path: str
    meta: Mapping[str, Any]
    rows: Mapping[str, Sequence[Any]]
    figures: Mapping[Quantity, RowFigures]

    @property
    def environment(self) -> Mapping[str, Any]:
        return dict(self.meta.get("environment") or {})

    @property
    def is_finished(self) -> bool:
        return self.meta.get("finished_utc") is not None

    @property
    def wall_s(self) -> float | None:
        return self.meta.get("wall_s")

    @property
    def created_utc(self) -> str:
        return str(self.meta.get("created_utc") or "")

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, without its rows."""
        return {
            "path": self.path,
            "created_utc": self.created_utc or None,
            "is_finished": self.is_finished,
            "wall_s": self.wall_s,
            "rows": len(self.rows["status"]),
            "environment": dict(self.environment),
        }


def read(folder: Path) -> ComparedRun:
    """Read a run for a comparison.

    Raises UsageError for a folder that is no run or was written by a newer convcost, InfrastructureError for damage.
    """
    meta = runs.read_meta(folder)
    _refuse_newer(folder, str(meta["schema_version"]))
    return of_tables(str(folder), meta, process_times.read(folder))


def of_tables(path: str, meta: Mapping[str, Any], read: ProcessTimes) -> ComparedRun:
    """A run from its tables."""
    rows = read.rows.reset_index(drop=True)
    fine = (rows["status"] == "ok").to_numpy()
    figures = {TIME: _times(rows, read.times), JOULES: _joules(rows, read.joules)}
    plan_s = rows["plan_cached_s"].astype(float).fillna(rows["plan_s"].astype(float))
    for quantity, column in ((PLAN, plan_s), (MEMORY, rows["peak_bytes"]), (ERROR, rows["error_rms"])):
        figures[quantity] = _single(column.astype(float).to_numpy(), fine)
    about = {
        name: [text if isinstance(text, str) else None for text in rows[name].tolist()] for name in (*KEYS, *ABOUT)
    }
    return ComparedRun(path, dict(meta), about, figures)


def present(old: Sequence[ComparedRun], new: Sequence[ComparedRun]) -> tuple[Quantity, ...]:
    """The quantities that have a figure on both sides."""
    return tuple(
        quantity
        for quantity in QUANTITIES
        if all(any(np.isfinite(run.figures[quantity].value).any() for run in side) for side in (old, new))
    )


def _refuse_newer(folder: Path, version: str) -> None:
    written, own = (tuple(int(part) for part in text.split(".")[:2] if part.isdigit()) for text in
                    (version, SCHEMA_VERSION))  # fmt: skip
    if written > own:
        raise UsageError(
            f"{folder} was written by a newer convcost (schema {version}); this one reads up to {SCHEMA_VERSION}: "
            "update convcost, or measure this side again"
        )


def _times(rows: pd.DataFrame, times: pd.DataFrame) -> RowFigures:
    numbers = {key: number for number, key in enumerate(zip(*(rows[name] for name in KEYS), strict=True))}
    places = np.array([numbers.get(key, -1) for key in zip(*(times[name] for name in KEYS), strict=True)], dtype=int)
    kept = places >= 0
    logs = np.log(times["time_s"].to_numpy(dtype=float)[kept])
    return of_processes(len(rows), places[kept], times["process"].to_numpy()[kept], logs)


def of_processes(rows: int, places: np.ndarray, process: np.ndarray, logs: np.ndarray) -> RowFigures:
    """The mean over processes of logarithms of times, and the variance of that mean between processes.

    `places` are the numbers of their rows. What all rows of a process share is no scatter of a row: the process had a
    slower minute.
    """
    count = np.bincount(places, minlength=rows).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.bincount(places, logs, minlength=rows) / count
        away = logs - middle[places]
        for one in np.unique(process):
            away[process == one] -= np.median(away[process == one])
        away -= (np.bincount(places, away, minlength=rows) / count)[places]
        scatter = np.bincount(places, away**2, minlength=rows) / (count - 1)
        variance = np.where(count > 1, scatter / count, np.nan)
    return RowFigures(np.where(count > 0, middle, np.nan), variance, np.maximum(count - 1, 0.0))


def _joules(rows: pd.DataFrame, joules: pd.DataFrame) -> RowFigures:
    """Measured joules, of the first scope that a row has; half an interval is turned back into a variance."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    lines: list[dict[str, Any]] = joules.to_dict("records")  # type: ignore[assignment]
    for line in lines:
        if _known(line["gross_j"]) > 0:
            found.setdefault((line["case_key"], line["implementation"]), line)
    value, variance = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    freedom = np.zeros(len(rows))
    for number, key in enumerate(zip(*(rows[name] for name in KEYS), strict=True)):
        if key not in found:
            continue
        line = found[key]
        value[number] = np.log(line["gross_j"])
        half, units = _known(line["gross_u95_j"]), _known(line["processes"])
        if units < 2:
            # A single process measured it: its windows are the units.
            units = _known(line["windows"])
        if half > 0 and units > 1:
            freedom[number] = units - 1
            variance[number] = (half / line["gross_j"] / coverage_factor(units - 1)) ** 2
    return RowFigures(value, variance, freedom)


def _known(value: Any) -> float:
    """A number of a table; 0 where it is missing."""
    return 0.0 if value is None or np.isnan(value) else float(value)


def _single(values: np.ndarray, fine: np.ndarray) -> RowFigures:
    """Figures that a run has once: their scatter within it is not known."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(fine & (values > 0), np.log(values), np.nan)
    return RowFigures(logs, np.full(len(values), np.nan), np.zeros(len(values)))
