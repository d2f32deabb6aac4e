"""Fits the law of every implementation to a file of shapes, and says how good its choices are on layers left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.errors import UsageError
from bench.predict import shape_times
from bench.predict.judged.choice import choice_ratios
from bench.predict.predictors.law_process import LawProcess
from bench.predict.predictors.rows_needed import LEAST_ROWS, has_rows
from bench.predict.tables import timed
from bench.predict.tables.cleaning import cleaned
from bench.predict.time_model import FittedSubject, TimeModel
from impls.cost_model.cost_table import CostTable, Subject
from impls.cost_model.law_process import FittedLawProcess
from impls.cost_model.predictions import Predictions

Tables = Mapping[Subject, CostTable]
# The precision, then the sizes.
_ShapeKey = tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class FittedShapes:
    """A model, and the time of its choice over the best of each layer, whose family was left out of the fit."""

    model: TimeModel
    ratios: tuple[float, ...]


def tables(file: Path) -> Tables:
    """The usable times of a file of shapes, for each implementation and precision with enough of them."""
    found = {subject: cleaned(table)[0] for subject, table in timed.tables(shape_times.read(file).timed).items()}
    enough = {subject: table for subject, table in found.items() if has_rows(table)}
    if not enough:
        raise UsageError(f"{file} has too few shapes for a fit; allowed: {LEAST_ROWS} or more; measure more of them")
    return enough


def fit(known: Tables) -> FittedShapes:
    """The model of all tables, with what it says of layers that were left out."""
    said = {subject: LawProcess().fit_and_left_out(table)[1] for subject, table in known.items()}
    fits: dict[Subject, FittedLawProcess] = {}
    for subject, table in without_phases(known, said).items():
        # Intervals are for times as they are measured.
        fits[subject], said[subject] = LawProcess().fit_and_left_out(table, known[subject].time_s)
    return FittedShapes(_model(known, fits), tuple(choice_ratios(known, said)))


def without_phases(known: Tables, said: Mapping[Subject, Predictions]) -> Tables:
    """The times as if the machine had been equally fast at every shape.

    All implementations of a shape are measured in the same seconds, in turns. If most of them took longer than fits
    without their family say, the machine was slow then, or the shape is slow for all: neither tells which is fastest.
    """
    deviations: dict[_ShapeKey, list[float]] = {}
    for subject, table in known.items():
        own = np.log(table.time_s / said[subject].time_s)
        for key, deviation in zip(_shapes(subject, table), own.tolist(), strict=True):
            deviations.setdefault(key, []).append(deviation)
    phase = {key: float(np.exp(np.median(found))) for key, found in deviations.items()}
    return {
        subject: replace(table, time_s=table.time_s / np.array([phase[key] for key in _shapes(subject, table)]))
        for subject, table in known.items()
    }


def _shapes(subject: Subject, table: CostTable) -> list[_ShapeKey]:
    """What rows that were measured in the same seconds have in common: both layouts of a shape are."""
    return [(subject.precision, *sizes) for sizes in table.sizes.tolist()]


def refit(known: Tables, before: TimeModel | None) -> TimeModel:
    """The model of tables that have grown a little since `before`, in a fraction of the time of a fit."""
    earlier = {} if before is None else {one.subject: one for one in before.subjects}
    fits = {}
    for subject, table in known.items():
        one = earlier.get(subject)
        if one is None or 2 * one.rows < len(table) or not isinstance(one.fitted, FittedLawProcess):
            fits[subject] = LawProcess().fit(table)
        else:
            fits[subject] = LawProcess().refit(one.fitted, table)
    return _model(known, fits)


def _model(known: Tables, fits: Mapping[Subject, FittedLawProcess]) -> TimeModel:
    subjects = (FittedSubject(subject, fit, len(known[subject]), ()) for subject, fit in fits.items())
    return TimeModel(LawProcess.name, {}, tuple(subjects))
