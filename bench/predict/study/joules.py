"""Reads the measured joules of the rows of a run; bracketed and modelled ones are times in disguise."""

from __future__ import annotations

from pathlib import Path

from bench.predict.tables.energy_rows import joules_of
from bench.predict.tables.from_runs import subject_of
from bench.store import runs, stored
from bench.store.status import Status
from impls.cost_model.cost_table import Subject


def read(folder: Path) -> dict[tuple[Subject, str], float]:
    """Joules of a call, idle power included, by subject and descriptor; empty where no meter measured."""
    meta, known = runs.read_meta(folder), stored.read(folder)
    rows = [row for row in known.rows() if row.status is Status.OK]
    joules = joules_of(rows, runs.energy_of(folder, meta, rows, known.joules()))
    keyed = ((row, joules.get((row.case_key, row.implementation))) for row in rows if row.layout == "nchw")
    return {(subject_of(row), row.descriptor): value for row, value in keyed if value is not None}
