"""Our predictor: a law of counted work, a Gaussian process on what it leaves, and conformal intervals.

Everything that is chosen (the kind of law, the reach of the process, the width of intervals, what lies outside) is
chosen by rows whose whole line or family was left out of law and process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.predict.predictors import conformal
from bench.predict.predictors import law as laws
from bench.predict.predictors.law import Law
from bench.predict.predictors.process import INDUCING, DeviationProcess, Places, ProcessReach, apart
from bench.predict.predictors.protocol import FittedPredictor, Predictions
from bench.predict.predictors.rows_needed import require_rows
from bench.predict.tables.cost_table import CostTable, Floats

# Octaves of reach and shares of noise that are tried.
REACHES = tuple(ProcessReach(octaves, noise) for octaves in (3.0, 6.0, 12.0) for noise in (0.1, 0.3))
# A row is outside if its variance is larger than that of all but this share of left-out rows.
_FAR = 0.98
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class FittedLawProcess:
    """A law, a process on its deviations, and the width of intervals in standard deviations of the process.

    Rows of a larger variance than `far`, or of a code path that the fit had no row of, are outside. `left_out` is the
    mean relative error on rows whose unit was left out, `common` the correlation of their errors within a unit.
    """

    law: Law
    process: DeviationProcess
    width: float
    far: float
    paths: tuple[int, ...]
    ways: tuple[str, ...]
    left_out: float
    common: float
    units: int

    def predict(self, table: CostTable) -> Predictions:
        expected, places = _places(self.law, table)
        mean, variance = self.process.predict(places)
        time_s = expected * np.exp(mean)
        ratio = np.exp(self.width * np.sqrt(variance))
        known = np.isin(self.law.path_of(table), self.paths) & np.isin(np.array(table.ways), self.ways)
        return Predictions(time_s, time_s / ratio, time_s * ratio, (variance > self.far) | ~known)

    def as_dict(self) -> dict[str, Any]:
        places, reach = self.process.places, self.process.reach
        return {
            "law": self.law.as_dict(),
            "reach": {"octaves": reach.octaves, "noise": reach.noise},
            "width": self.width,
            "far": self.far,
            "paths": list(self.paths),
            "ways": list(self.ways),
            "left_out_error": self.left_out,
            "common": self.common,
            "units": self.units,
            "places": places.at.tolist(),
            "work_share": places.work_share.tolist(),
            "floor": places.floor.tolist(),
            "deviations": self.process.deviations.tolist(),
        }


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """What fits without a row's unit say of it: mean and variance of ln(time) by reach."""

    mean: Floats
    variance: Floats


class LawProcess:
    name = "law"
    meaning = "counted work by code path in seconds, and a Gaussian process on what it leaves"

    def fit(self, table: CostTable) -> FittedLawProcess:
        require_rows(table)
        law = min((laws.fit(table, kind) for kind in laws.kinds_of(table)), key=lambda own: laws.error_of(own, table))
        measured = np.log(table.time_s)
        left_out = _left_out(law, table, measured)
        reach = min(left_out, key=lambda own: _error(left_out[own].mean, measured))
        best = left_out[reach]
        scores = (measured - best.mean) / np.sqrt(best.variance)
        return FittedLawProcess(
            law,
            _process(law, table, measured, reach),
            _rounded(conformal.quantile(np.abs(scores), table.units)),
            _rounded(float(np.quantile(best.variance, _FAR))),
            tuple(np.unique(law.path_of(table)).tolist()),
            tuple(sorted(set(table.ways))),
            _rounded(_error(best.mean, measured)),
            conformal.common(scores, table.units),
            len(np.unique(table.units)),
        )

    def load(self, values: Mapping[str, Any]) -> FittedPredictor:
        at = np.array(values["places"], dtype=np.float64)
        places = Places(at, np.array(values["work_share"], dtype=np.float64), np.array(values["floor"], dtype=np.int64))
        deviations = np.array(values["deviations"], dtype=np.float64)
        if at.ndim != 2 or not len(at) == len(places.work_share) == len(places.floor) == len(deviations):
            raise ValueError("places and deviations have different numbers of rows")
        reach = ProcessReach(float(values["reach"]["octaves"]), float(values["reach"]["noise"]))
        return FittedLawProcess(
            Law.from_dict(values["law"]),
            DeviationProcess(places, deviations, reach),
            float(values["width"]),
            float(values["far"]),
            tuple(map(int, values["paths"])),
            tuple(map(str, values["ways"])),
            float(values["left_out_error"]),
            float(values["common"]),
            int(values["units"]),
        )


def _left_out(law: Law, table: CostTable, measured: Floats) -> Mapping[ProcessReach, _LeftOut]:
    found = {reach: _LeftOut(np.empty(len(table)), np.empty(len(table))) for reach in REACHES}
    fold_of = conformal.folds(table.units)
    for fold in np.unique(fold_of):
        rows, others = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        known, asked = table.only(others), table.only(rows)
        own = laws.fit(known, law.kind, law)
        (asked_s, places), (known_s, at) = _places(own, asked), _places(own, known)
        expected, deviations = np.log(asked_s), measured[others] - np.log(known_s)
        carriers = apart(at.at, INDUCING)
        for reach, kept in found.items():
            mean, variance = DeviationProcess(at, deviations, reach, carriers).predict(places)
            kept.mean[rows], kept.variance[rows] = mean + expected, variance
    return found


def _process(law: Law, table: CostTable, measured: Floats, reach: ProcessReach) -> DeviationProcess:
    expected, places = _places(law, table)
    return DeviationProcess(places, np.round(measured - np.log(expected), _DIGITS), reach)


def _places(law: Law, table: CostTable) -> tuple[Floats, Places]:
    """The seconds of the law, and the places, rounded as the file has them: a model that was read predicts the same."""
    expected, share = law.parts(table)
    return expected, Places(np.round(law.places(table), _DIGITS), np.round(share, _DIGITS), law.floor_of(table))


def _error(mean: Floats, measured: Floats) -> float:
    return float(np.mean(np.abs(np.exp(mean - measured) - 1)))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
