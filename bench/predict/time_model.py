"""A model of times: a fitted predictor for each subject, kept in a JSON file. Nothing is pickled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.bounds import json_value
from bench.errors import InfrastructureError, UsageError
from bench.predict.predictors import all_predictors
from bench.predict.predictors.protocol import FittedPredictor
from bench.predict.tables.cleaning import Dropped, cleaned
from bench.predict.tables.quantities import TIME, PredictedQuantity, quantity_of
from bench.store.entering import text
from impls.cost_model.cost_table import CostTable, Subject
from impls.cost_model.model_file import FORMAT, VERSION, subject_of, with_layers, with_numbers
from impls.cost_model.predictions import Predictions

_LONGEST_REASON = 200
_HOW = "allowed: a file that `convcost fit` wrote"


@dataclass(frozen=True, slots=True)
class FittedSubject:
    """The predictor of one subject, the number of rows it was fitted to, and the rows that were dropped before."""

    subject: Subject
    fitted: FittedPredictor
    rows: int
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True)
class TimeModel:
    """The predictors of all subjects, by the name of their method; `machine` names what they were measured on.

    What a model of energy calls seconds are joules.
    """

    predictor: str
    machine: Mapping[str, Any]
    subjects: tuple[FittedSubject, ...]
    quantity: PredictedQuantity = TIME

    def of(self, subject: Subject) -> FittedPredictor:
        """The predictor of a subject. Raises UsageError for one that was not fitted, with those that were."""
        for one in self.subjects:
            if one.subject == subject:
                return one.fitted
        known = "; ".join(str(one.subject) for one in self.subjects)
        raise UsageError(f"the model has no times of {subject}; it was fitted on: {known}")

    def predict(self, subject: Subject, table: CostTable) -> Predictions:
        """The times of the rows of a table. Raises UsageError for a subject without a fit and for impossible times."""
        with np.errstate(all="ignore"):
            # A damaged file may have possible numbers whose times have no end.
            found = self.of(subject).predict(table)
        times_s = np.stack([found.time_s, found.time_lo_s, found.time_hi_s])
        if not (np.isfinite(times_s) & (times_s > 0)).all():
            raise UsageError(f"the model of {subject} says times that are impossible; type convcost fit again")
        return found


@dataclass(frozen=True, slots=True)
class Refused:
    """A subject that was not fitted, and why."""

    subject: Subject
    reason: str


def fit(
    tables: Mapping[Subject, CostTable],
    predictor: str,
    machine: Mapping[str, Any],
    quantity: PredictedQuantity = TIME,
) -> tuple[TimeModel, list[Refused]]:
    """Fit a predictor to each table. Raises UsageError if none can be fitted, with the reasons."""
    method = all_predictors.get(predictor)
    done, refused = [], []
    for subject, table in tables.items():
        kept, dropped = cleaned(table)
        try:
            done.append(FittedSubject(subject, method.fit(kept), len(kept), tuple(dropped)))
        except UsageError as error:
            why = "".join(f"; {one}" for one in dropped)
            refused.append(Refused(subject, f"{error}{why}"))
    if not done:
        raise UsageError("; ".join(one.reason for one in refused) or f"there are no times; {_HOW}")
    return TimeModel(predictor, dict(machine), tuple(done), quantity), refused


def write(model: TimeModel, file: Path) -> None:
    """Write a model as JSON. Raises InfrastructureError if that fails."""
    layers, fits = with_numbers([one.fitted.as_dict() for one in model.subjects])
    data = {
        "format": FORMAT,
        "version": VERSION,
        "predictor": model.predictor,
        "quantity": model.quantity.name,
        "machine": dict(model.machine),
        "layers": layers,
        "subjects": [
            {
                **asdict(one.subject),
                "rows": one.rows,
                "dropped": [asdict(dropped) for dropped in one.dropped],
                "values": values,
            }
            for one, values in zip(model.subjects, fits, strict=True)
        ],
    }
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    try:
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error.strerror or error}") from error


def read(file: Path) -> TimeModel:
    """Read a model. Raises UsageError for a file that is damaged, newer, or of another format."""
    try:
        data = json_value(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}; {_HOW}") from error
    except ValueError as error:
        raise UsageError(f"{file} is damaged or no model: it is not JSON ({error}); {_HOW}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UsageError(f"{file} is no model of times: it does not say format {FORMAT!r}; {_HOW}")
    version = str(data.get("version"))
    if version.partition(".")[0] != VERSION.partition(".")[0]:
        raise UsageError(
            f"{file} has version {text(version[:20])} of the format; this convcost reads "
            f"{VERSION.partition('.')[0]}.x; type convcost fit again, or use the convcost that wrote it"
        )
    predictor = data.get("predictor")
    if not isinstance(predictor, str) or predictor not in all_predictors.NAMES:
        known = ", ".join(all_predictors.NAMES)
        raise UsageError(f"{file} has predictor {text(repr(data.get('predictor'))[:80])}; this convcost knows {known}")
    try:
        method = all_predictors.get(data["predictor"])
        subjects = tuple(
            FittedSubject(
                subject_of(one),
                method.load(subject_of(one), with_layers(one["values"], data["layers"])),
                int(one["rows"]),
                tuple(Dropped(gone["reason"], tuple(gone["labels"])) for gone in one["dropped"]),
            )
            for one in data["subjects"]
        )
        if not subjects:
            raise ValueError("it has no subject")
        return TimeModel(data["predictor"], dict(data["machine"]), subjects, quantity_of(data["quantity"]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise UsageError(f"{file} is damaged: {text(repr(error)[:_LONGEST_REASON])}; {_HOW}, whole") from error


def subjects_for(
    model: TimeModel,
    *,
    devices: Sequence[str] | None = None,
    implementations: Sequence[str] | None = None,
    precisions: Sequence[str] | None = None,
    threads: int | None = None,
) -> list[Subject]:
    """The subjects of a model that are asked for, all by default. Raises UsageError for what the model never saw."""
    known = [one.subject for one in model.subjects]
    for name, asked, has in (
        ("device", devices, {one.device for one in known}),
        ("implementation", implementations, {one.implementation for one in known}),
        ("precision", precisions, {one.precision for one in known}),
        ("threads", None if threads is None else [threads], {one.threads for one in known}),
    ):
        for value in asked or ():
            if value not in has:
                allowed = ", ".join(sorted(map(str, has)))
                raise UsageError(f"the model never saw {name} {value}; it was fitted on {name} {allowed}")
    found = [
        one
        for one in known
        if (not devices or one.device in devices)
        and (not implementations or one.implementation in implementations)
        and (not precisions or one.precision in precisions)
        and (threads is None or one.threads == threads)
    ]
    if not found:
        raise UsageError(f"the model has no times of that together; it was fitted on: {'; '.join(map(str, known))}")
    return found
