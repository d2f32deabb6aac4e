"""Reads the measured joules of the rows of a run; bracketed and modelled ones are times in disguise."""

from __future__ import annotations

from pathlib import Path

from bench.energy.flags import EnergyFlag
from bench.energy.meter import MEASURED
from bench.predict.tables.from_runs import subject_of
from bench.store import journal, runs, visits
from bench.store.energy_schema import Energy
from bench.store.status import Status
from impls.cost_model.cost_table import Subject

# Joules of other work too, or hardly known.
_UNFIT = (
    EnergyFlag.LOST_IN_NOISE, EnergyFlag.BUSY_NEIGHBOURS, EnergyFlag.OTHER_PROCESSES, EnergyFlag.CHECK_FAILED,
)  # fmt: skip


def read(folder: Path) -> dict[tuple[Subject, str], float]:
    """Joules of a call, idle power included, by subject and descriptor, in the first scope that a meter measured."""
    meta, records = runs.read_meta(folder), journal.read(folder)
    rows = [row for case in visits.of(folder, records).values() for row in case.rows if row.status is Status.OK]
    by_row: dict[tuple[str, str], float] = {}
    for line in runs.energy_of(folder, meta, rows, records):
        if line.gross_j is not None and _is_usable(line):
            by_row.setdefault((line.case_key, line.implementation), line.gross_j)
    keyed = ((row, by_row.get((row.case_key, row.implementation))) for row in rows if row.layout == "nchw")
    return {(subject_of(row), row.descriptor): joules for row, joules in keyed if joules is not None}


def _is_usable(line: Energy) -> bool:
    is_measured = line.method in MEASURED and line.gross_j is not None and line.gross_j > 0
    return is_measured and not any(flag in line.flags for flag in _UNFIT)
