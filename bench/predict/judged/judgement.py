"""Judges every predictor on tables by rows that were left out of its fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench.calibration.value import Calibration, find
from bench.errors import UsageError
from bench.predict.judged import cross_validation as left_out
from bench.predict.judged.choice import ChoiceScore, choice_scores
from bench.predict.judged.scores import Score, score
from bench.predict.predictors.all_predictors import PREDICTORS
from bench.predict.predictors.alpha_flops import ALPHA_PUBLISHED
from bench.predict.predictors.counts import measured_roofline
from bench.predict.predictors.protocol import Predictor
from bench.predict.tables.cleaning import impossible, with_a_time
from bench.predict.tables.quantities import TIME, PredictedQuantity
from impls.cost_model.cost_table import CostTable, Subject
from impls.cost_model.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Judged:
    """The score of a predictor on a subject: over its usable rows, each left out with its line or family, or a kind.

    `near` is the score over rows that were not flagged as outside, `far` over those that were; None without any.
    """

    subject: Subject
    predictor: str
    left_out: str
    all: Score
    near: Score | None
    far: Score | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values; a figure that does not exist is null."""
        data = {**asdict(self), "subject": str(self.subject)}
        for part in ("all", "near", "far"):
            if data[part] is not None:
                data[part] = {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in data[part].items()}
        return data


def require_grouping(grouping: str | None) -> None:
    """Raise UsageError for an unknown grouping."""
    if grouping is not None and grouping not in left_out.GROUPINGS:
        allowed = ", ".join(left_out.GROUPINGS)
        raise UsageError(f"rows cannot be grouped by {grouping!r}; allowed: --leave-out {allowed}")


@dataclass(frozen=True, slots=True)
class PredictorScores:
    """The scores of predictors on each subject, and of the choices between implementations that they lead to."""

    scores: tuple[Judged, ...] = ()
    choices: tuple[ChoiceScore, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"scores": [one.as_dict() for one in self.scores], "choices": [asdict(one) for one in self.choices]}


def judge(
    tables: Mapping[Subject, CostTable],
    grouping: str,
    calibrations: tuple[Calibration, ...] = (),
    quantity: PredictedQuantity = TIME,
) -> PredictorScores:
    """Judge every predictor on every table that is large enough, and its choices where lines or families are left out.

    `grouping` is what is left out at a time: line, family or kind. Rows of an impossible time are predicted, and never
    fitted. `calibrations` add the roofline by measured ceilings. Constants in seconds say nothing of joules: predictors
    whose constants are not fitted are judged on times only. Raises UsageError if no table can be judged.
    """
    usable = {subject: with_a_time(table) for subject, table in tables.items()}
    scores: list[Judged] = []
    reasons: list[str] = []
    said: dict[str, dict[Subject, Predictions]] = {}
    for subject, table in usable.items():
        try:
            for predictor in _predictors(subject, calibrations, quantity):
                if grouping == left_out.KIND:
                    scores += _by_kind(predictor, table)
                    continue
                fold_of = left_out.folds(table, grouping)
                predicted = left_out.left_out(predictor, table, fold_of, ~impossible(table))
                scores.append(_scored(predictor, table, grouping, predicted))
                said.setdefault(predictor.name, {})[subject] = predicted
        except UsageError as error:
            reasons.append(str(error))
    if not scores:
        raise UsageError("; ".join(reasons) or "no kind of layers is numerous enough to be left out")
    choices = [one for name, predicted in said.items() for one in choice_scores(usable, predicted, name)]
    return PredictorScores(tuple(scores), tuple(choices))


def _predictors(
    subject: Subject, calibrations: tuple[Calibration, ...], quantity: PredictedQuantity
) -> tuple[Predictor, ...]:
    if quantity is not TIME:
        return tuple(one for one in PREDICTORS if one is not ALPHA_PUBLISHED)
    return (*PREDICTORS, *_measured(subject, calibrations))


def _measured(subject: Subject, calibrations: tuple[Calibration, ...]) -> list[Predictor]:
    """The roofline by measured ceilings of arithmetic and memory, where a run has both."""
    known = find(calibrations, subject.device, subject.threads)
    peak = None if known is None else known.peak(subject.precision)
    memory = None if known is None else known.level_for(0, cold=True)
    if peak is None or memory is None or memory.bytes_per_s is None:
        return []
    return [measured_roofline(peak.flops_per_s, memory.bytes_per_s)]


def _by_kind(predictor: Predictor, table: CostTable) -> Iterator[Judged]:
    possible = table.only(~impossible(table))
    for name, rows in left_out.kinds(possible).items():
        yield _scored(predictor, possible.only(rows), name, left_out.without_kind(predictor, possible, rows))


def _scored(predictor: Predictor, table: CostTable, name: str, said: Predictions) -> Judged:
    whole = score(table, said)
    assert whole is not None, "tables that are judged have rows"
    near, far = score(table, said, ~said.outside), score(table, said, said.outside)
    return Judged(table.subject, predictor.name, name, whole, near, far)
