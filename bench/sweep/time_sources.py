"""Reads measured times from runs and from tables of layers, as tables of one subject each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.calibration.value import Calibration
from bench.errors import UsageError
from bench.format import count
from bench.predict import shape_times
from bench.predict.tables import from_runs, timed
from bench.predict.tables.quantities import ENERGY, TIME, PredictedQuantity
from bench.sweep import timed_layers
from impls.cost_model.cost_table import CostTable, Subject

# Files of layers that have no column for a time.
_WITHOUT_TIMES = (".txt", ".log")


@dataclass(frozen=True, slots=True)
class TimeSources:
    """The tables of all sources; `machine` names what runs were measured on, `notes` say what was left out of them.

    `calibrations` are the measured ceilings of the first run that has them.
    """

    tables: Mapping[Subject, CostTable]
    machine: Mapping[str, Any]
    notes: tuple[str, ...]
    calibrations: tuple[Calibration, ...] = ()


def read(paths: Sequence[Path], quantity: PredictedQuantity = TIME) -> TimeSources:
    """Read folders of runs, .csv tables with a column time_s, and files of times of shapes; joules of runs alone.

    Raises UsageError for other files, runs of several machines, and rows that contradict each other.
    """
    if quantity is ENERGY:
        _require_runs(paths)
    tables = [path for path in paths if path.suffix == ".csv"]
    texts = [path for path in paths if path.suffix in _WITHOUT_TIMES]
    others = [path for path in paths if path not in (*tables, *texts)]
    if texts:
        raise UsageError(f"{texts[0]} has layers without times; allowed: runs, .csv tables with time_s, files of times")
    is_shapes = [path.suffix in shape_times.SUFFIXES for path in others]
    runs = [
        shape_times.read(path) if one else from_runs.read(path, quantity)
        for path, one in zip(others, is_shapes, strict=True)
    ]
    from_runs.require_same_machine(others, runs)
    rows = [one for run in runs for one in run.timed]
    rows += [one for path in tables for one in timed_layers.read(path)]
    if not rows:
        raise UsageError(f"{', '.join(map(str, paths))} has no row with a time; allowed: runs with ok rows")
    notes = tuple(
        f"{folder}: {count(number, 'row')} left out: {reason}"
        for folder, run in zip(others, runs, strict=True)
        for reason, number in run.left_out.items()
    )
    calibrations = next((run.calibrations for run in runs if run.calibrations), ())
    return TimeSources(timed.tables(rows), runs[0].machine if runs else {}, notes, calibrations)


def _require_runs(paths: Sequence[Path]) -> None:
    for path in paths:
        if not path.is_dir():
            raise UsageError(
                f"{path} has no measured joules; allowed: folders of runs on a machine with a meter (`convcost doctor` "
                "says which a machine has)"
            )
