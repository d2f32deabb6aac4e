"""Puts the predicted time of each measured row beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import UsageError
from bench.predict import time_model
from bench.predict.tables.from_runs import case_of, subject_of
from bench.predict.tables.quantities import TIME
from bench.predict.time_model import TimeModel
from bench.store.schema import Row
from impls.cost_model.cost_table import Subject, table_of


@dataclass(frozen=True, slots=True)
class Beside:
    """A measured row, and its predicted seconds with their 90 % interval; None where the model never saw its like.

    `outside` says that the layer is unlike those of the fit.
    """

    row: Row
    time_s: float | None = None
    time_lo_s: float | None = None
    time_hi_s: float | None = None
    outside: bool | None = None

    @property
    def is_inside_interval(self) -> bool | None:
        """Whether the measured time is in the predicted interval; None without either."""
        if self.row.time_s is None or self.time_lo_s is None or self.time_hi_s is None:
            return None
        return self.time_lo_s <= self.row.time_s <= self.time_hi_s

    def as_dict(self) -> dict[str, Any]:
        return {
            "predicted_s": self.time_s,
            "predicted_lo_s": self.time_lo_s,
            "predicted_hi_s": self.time_hi_s,
            "predicted_outside": self.outside,
        }


def model_of(file: Path | None) -> TimeModel | None:
    """The model of a file, None without one. Raises UsageError for a file that is none, before anything is measured."""
    model = None if file is None else time_model.read(file)
    if model is not None and model.quantity is not TIME:
        raise UsageError(f"{file} is a model of {model.quantity.name}; needed: one of times (convcost fit RUN -o FILE)")
    return model


def beside(model: TimeModel, rows: Sequence[Row]) -> list[Beside]:
    """Each row with its prediction."""
    return [_of_row(model, row) for row in rows]


def _of_row(model: TimeModel, row: Row) -> Beside:
    subject: Subject = subject_of(row)
    try:
        fitted = model.of(subject)
    except UsageError:
        # Nothing is wrong with the command: a model may know some implementations only.
        return Beside(row)
    said = fitted.predict(table_of(subject, [case_of(row)]))
    return Beside(row, float(said.time_s[0]), float(said.time_lo_s[0]), float(said.time_hi_s[0]), bool(said.outside[0]))
