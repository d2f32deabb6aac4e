"""Our predictor: a law of counted work, a Gaussian process on what it leaves, and conformal intervals.

Everything that is chosen (the kind of law, the reach of the process, the width of intervals, what lies outside) is
chosen by rows whose whole line or family was left out of law and process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.predict.predictors import conformal, law_fit, process_fit
from bench.predict.predictors.protocol import FittedPredictor
from bench.predict.predictors.rows_needed import require_rows
from impls.cost_model.cost_table import CostTable, Floats, Subject
from impls.cost_model.law import Law, kinds_of
from impls.cost_model.law_process import FittedLawProcess, places_of
from impls.cost_model.predictions import Predictions
from impls.cost_model.process import CarriedProcess, ProcessReach

# Octaves of reach and shares of noise that are tried.
REACHES = tuple(ProcessReach(octaves, noise) for octaves in (3.0, 6.0, 12.0) for noise in (0.1, 0.3))
# A row is outside if its variance is larger than that of all but this share of left-out rows.
_FAR = 0.98
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """What fits without a row's unit say of it: mean and variance of ln(time) by reach."""

    mean: Floats
    variance: Floats


class LawProcess:
    name = "law"
    meaning = "counted work by code path in seconds, and a Gaussian process on what it leaves"

    def fit(self, table: CostTable) -> FittedLawProcess:
        return self.fit_and_left_out(table)[0]

    def fit_and_left_out(
        self, table: CostTable, judged_s: Floats | None = None
    ) -> tuple[FittedLawProcess, Predictions]:
        """The fit, and what fits without a row's unit say of each row.

        The width of intervals and the error are those against `judged_s`, the times of the table by default.
        """
        require_rows(table)
        law = min((law_fit.fit(table, kind) for kind in kinds_of(table)), key=lambda own: law_fit.error_of(own, table))
        measured = np.log(table.time_s)
        left_out = _left_out(law, table, measured)
        reach = min(left_out, key=lambda own: _error(left_out[own].mean, measured))
        best = left_out[reach]
        judged = measured if judged_s is None else np.log(judged_s)
        scores = (judged - best.mean) / np.sqrt(best.variance)
        carriers, process = _process(law, table, measured, reach)
        fitted = FittedLawProcess(
            law,
            carriers,
            process,
            _rounded(conformal.quantile(np.abs(scores), table.units)),
            _rounded(float(np.quantile(best.variance, _FAR))),
            *_seen(law, table),
            _rounded(_error(best.mean, judged)),
            conformal.common(scores, table.units),
            len(np.unique(table.units)),
        )
        time_s, ratio = np.exp(best.mean), np.exp(fitted.width * np.sqrt(best.variance))
        return fitted, Predictions(time_s, time_s / ratio, time_s * ratio, best.variance > fitted.far)

    def refit(self, before: FittedLawProcess, table: CostTable) -> FittedLawProcess:
        """The fit to a table that has grown a little: what an earlier fit found by leaving units out stays."""
        law = law_fit.fit(table, before.law.kind, before.law)
        carriers, process = _process(law, table, np.log(table.time_s), before.process.reach)
        paths, ways = _seen(law, table)
        return replace(before, law=law, carriers=carriers, process=process, paths=paths, ways=ways)

    def load(self, subject: Subject, values: Mapping[str, Any]) -> FittedPredictor:
        return FittedLawProcess.from_dict(subject, values)


def _left_out(law: Law, table: CostTable, measured: Floats) -> Mapping[ProcessReach, _LeftOut]:
    found = {reach: _LeftOut(np.empty(len(table)), np.empty(len(table))) for reach in REACHES}
    fold_of = conformal.folds(table.units)
    for fold in np.unique(fold_of):
        rows, others = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        known, asked = table.only(others), table.only(rows)
        own = law_fit.fit(known, law.kind, law)
        (asked_s, places), (known_s, at) = places_of(own, asked), places_of(own, known)
        expected, deviations = np.log(asked_s), measured[others] - np.log(known_s)
        carriers = process_fit.apart(at.at, process_fit.INDUCING)
        for process in process_fit.fit_each(at, deviations, REACHES, carriers):
            mean, variance = process.predict(places)
            kept = found[process.reach]
            kept.mean[rows], kept.variance[rows] = mean + expected, variance
    return found


def _process(law: Law, table: CostTable, measured: Floats, reach: ProcessReach) -> tuple[CostTable, CarriedProcess]:
    """The rows that carry the process, and the process."""
    expected, places = places_of(law, table)
    rows = process_fit.apart(places.at, process_fit.INDUCING)
    return table.only(rows), process_fit.fit(places, measured - np.log(expected), reach, rows)


def _seen(law: Law, table: CostTable) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The code paths and ways that a table has rows of."""
    return tuple(np.unique(law.path_of(table)).tolist()), tuple(sorted(set(table.ways)))


def _error(mean: Floats, measured: Floats) -> float:
    return float(np.mean(np.abs(np.exp(mean - measured) - 1)))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
