"""Reads the rows of a run whose joules were measured, each with the work that it executed, for a fit of energy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.energy.executed.model import ExecutedWork, NotModelled
from bench.energy.flags import EnergyFlag
from bench.energy.meter import MEASURED, Method
from bench.errors import UsageError
from bench.store import runs, stored
from bench.store.energy_schema import Energy
from bench.store.executed_work import RunWork, processor_of
from bench.store.schema import Row
from bench.store.status import Flag, Status

_T = TypeVar("_T")
# By case and implementation.
Joules = Mapping[tuple[str, str], float]
# Source, method and scope.
_Meter = tuple[str | None, str, str | None]
# Memory is beside the package, and the platform holds both.
_OTHER_SCOPES = ("dram", "psys")
# Joules that are not those of the work alone, or hardly known.
_UNFIT = (
    EnergyFlag.LOST_IN_NOISE,
    EnergyFlag.BUSY_NEIGHBOURS,
    EnergyFlag.OTHER_PROCESSES,
    EnergyFlag.THROTTLED,
    EnergyFlag.CHECK_FAILED,
    EnergyFlag.COUNTER_VS_INTEGRAL,
    EnergyFlag.DEVICE_WAITS,
)
# Rows that may not execute the work that they state.
_UNTRUSTED = (Flag.IMPOSSIBLE, Flag.KNOWN_INPUTS)
_HOW = (
    "allowed: a run with measured joules of one device; `convcost doctor` says which sensor a machine has, and "
    "--energy all measures every case"
)


@dataclass(frozen=True, slots=True)
class MeasuredWork:
    """The executed work of one row, and the measured joules of one call, idle power included.

    `implementation` is the one that computed it: of a row that only chose another, that one.
    """

    implementation: str
    work: ExecutedWork
    joules: float


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """The rows of a run that a fit can use, with their device and the meter; `left_out` counts the others by reason.

    `microarchitecture` of a GPU is its name; `threads` is None there.
    """

    device: str
    microarchitecture: str
    processor: str
    threads: int | None
    source: str
    method: str
    scope: str
    rows: tuple[MeasuredWork, ...]
    left_out: Mapping[str, int]


def joules_of(rows: Sequence[Row], lines: Sequence[Energy]) -> Joules:
    """The joules of one call of every row whose measured energy can be trusted, by case and implementation.

    All are of one meter; none where nothing was measured. `lines` are the energies of the run's rows.
    """
    figures = _measured(lines)
    if not figures:
        return {}
    meter = _most_common_meter(figures)
    return {
        _key(row): figures[_key(row)].gross_j or math.nan
        for row in rows
        if _key(row) in figures and _unfit(row, figures[_key(row)], meter) is None
    }


def require_joules(folder: Path, lines: Sequence[Energy]) -> None:
    """Raise UsageError for a run without measured joules, with the reason."""
    if not _measured(lines):
        raise UsageError(f"{folder} has no measured joules: {_why_not(lines)}; {_HOW}")


def measured_run(folder: Path) -> MeasuredRun:
    """Read a run. Raises UsageError for one that no fit can use, with the reason; InfrastructureError for damage.

    That is one of several devices or numbers of threads, without measured joules, or of an unknown processor.
    """
    meta = runs.read_meta(folder)
    run = stored.read(folder)
    rows = [row for row in run.rows() if row.status is Status.OK]
    device = _only(folder, "devices", [row.device for row in rows], "--device cpu")
    lines = runs.energy_of(folder, meta, rows, run.joules())
    require_joules(folder, lines)
    figures = _measured(lines)
    meter = _most_common_meter(figures)
    known, left_out = _works([row for row in rows if _key(row) in figures], figures, meter, runs.run_work(folder, meta))
    threads = _only(folder, "numbers of threads", [one.work.threads for one in known], "--threads N") if known else None
    processor = processor_of(meta, device)
    if processor is None:
        raise UsageError(f"{folder} does not say the microarchitecture of its {device}, so no file can be of it")
    environment = meta.get("environment") or {}
    name = processor if device == "cuda" else str(environment.get("cpu") or processor)
    source, method, scope = map(str, meter)
    return MeasuredRun(device, processor, name, threads, source, method, scope, tuple(known), left_out)


def _only(folder: Path, what: str, found: Sequence[_T], option: str) -> _T:
    """The one value of all rows. Raises UsageError for none or several."""
    values = list(dict.fromkeys(found))
    if not values:
        raise UsageError(f"{folder} has no row that is ok; {_HOW}")
    if len(values) > 1:
        mixed = ", ".join(map(str, values))
        raise UsageError(f"{folder} mixes {what} ({mixed}), whose joules differ; {_HOW}; to measure one: {option}")
    return values[0]


def _measured(lines: Sequence[Energy]) -> dict[tuple[str, str], Energy]:
    """The measured joules of each row in the first scope that counts."""
    found: dict[tuple[str, str], Energy] = {}
    for line in lines:
        is_measured = line.method in MEASURED and line.gross_j is not None and line.gross_j > 0
        if is_measured and not str(line.scope).startswith(_OTHER_SCOPES):
            found.setdefault((line.case_key, line.implementation), line)
    return found


def _most_common_meter(figures: Mapping[tuple[str, str], Energy]) -> _Meter:
    ((meter, _),) = Counter((f.source, f.method, f.scope) for f in figures.values()).most_common(1)
    return meter


def _why_not(lines: Sequence[Energy]) -> str:
    methods = {line.method for line in lines}
    if Method.BRACKET in methods:
        return "they are bracketed, which says no more than the time"
    if Method.MODEL in methods:
        return "they are modelled, and a model of a model would be invented"
    reasons = dict.fromkeys(line.reason.partition(":")[0] for line in lines if line.reason)
    return "; ".join(reasons) or "none were recorded"


def _works(
    rows: Sequence[Row],
    figures: Mapping[tuple[str, str], Energy],
    meter: _Meter,
    work: RunWork,
) -> tuple[list[MeasuredWork], dict[str, int]]:
    """The rows that a fit can use, and the number of the others by reason."""
    found: list[MeasuredWork] = []
    left_out: Counter[str] = Counter()
    for row in rows:
        figure = figures[_key(row)]
        try:
            if why := _unfit(row, figure, meter):
                raise NotModelled(why)
            executed = work.of_row(row)
        except NotModelled as error:
            left_out[str(error)] += 1
            continue
        assert figure.gross_j is not None, "only figures with gross joules are collected"
        found.append(MeasuredWork(row.delegate or row.implementation, executed, figure.gross_j))
    return found, dict(left_out)


def _unfit(row: Row, figure: Energy, meter: _Meter) -> str | None:
    """The reason why the joules or the work of a row cannot be trusted; None for a good one."""
    if (figure.source, figure.method, figure.scope) != meter:
        return "another meter measured it"
    flags = [flag for flag in (*_UNFIT, *_UNTRUSTED) if flag in (*figure.flags, *row.flags)]
    return f"it is flagged {flags[0]}" if flags else None


def _key(row: Row) -> tuple[str, str]:
    return row.case_key, row.implementation
