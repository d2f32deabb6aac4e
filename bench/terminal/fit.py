"""Prints the result of `convcost fit`: constants, errors, what was dropped, and how predictors compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.format import count, significant
from bench.predict.judged.choice import ChoiceScore
from bench.predict.judged.judgement import Judged, PredictorScores
from bench.predict.predictors.curve import FittedCurve
from bench.predict.time_model import FittedSubject, Refused, TimeModel
from bench.sweep.time_sources import TimeSources
from bench.terminal import console
from impls.cost_model.law_process import FittedLawProcess

# Reasons that are told whole; those of further subjects are alike, and in the JSON.
_REFUSED = 3
_COLUMNS = (
    "predictor", "left out", "rows", "median", "90 %", "MAPE", "within 10 %", "Spearman", "R²", "coverage",
    "half-width", "outside", "redraw",
)  # fmt: skip

_CHOICES = ("predictor", "layers", "median", "90 %", "worst", "at most 1.1")


def show(
    model: TimeModel, refused: Sequence[Refused], sources: TimeSources, judged: PredictorScores, file: Path
) -> None:
    """Print each subject's constants and error, then the scores of all predictors where they were judged."""
    for note in sources.notes:
        console.print_error(note)
    for other in refused[:_REFUSED]:
        console.print_error(f"not fitted: {other.reason}")
    if len(refused) > _REFUSED:
        names = "; ".join(str(other.subject) for other in refused[_REFUSED:])
        console.print_error(f"not fitted either, for such a reason: {names}")
    for one in model.subjects:
        for gone in one.dropped:
            console.print_error(str(gone))
        console.print_line(_summary(one))
        _show_constants(one, model.quantity.unit)
    for subject in dict.fromkeys(one.subject for one in judged.scores):
        rows = [_scores(one) for one in judged.scores if one.subject == subject]
        console.print_table(f"{subject}: errors on rows left out", _COLUMNS, rows, left=(0, 1), keys=1)
    for thing in dict.fromkeys(one.thing for one in judged.choices):
        chosen = [_choice(one) for one in judged.choices if one.thing == thing]
        console.print_table(f"{thing}: time of the chosen implementation over the best", _CHOICES, chosen, keys=1)
    console.print_line(f"written: {file}")


def as_data(
    model: TimeModel, refused: Sequence[Refused], sources: TimeSources, judged: PredictorScores
) -> dict[str, Any]:
    """Plain values of the same."""
    return {
        "predictor": model.predictor,
        "quantity": model.quantity.name,
        "machine": dict(model.machine),
        "subjects": [
            {
                "subject": str(one.subject),
                "rows": one.rows,
                "dropped": [{"reason": d.reason, "rows": list(d.labels)} for d in one.dropped],
                "constants": [
                    {"name": name, "value": value, "lo": low, "hi": high, "unit": unit, "meaning": meaning}
                    for name, value, low, high, unit, meaning in _constants(one, model.quantity.unit)
                ],
            }
            for one in model.subjects
        ],
        "not_fitted": [{"subject": str(one.subject), "reason": one.reason} for one in refused],
        "notes": list(sources.notes),
        "judged": judged.as_dict(),
    }


def _summary(one: FittedSubject) -> str:
    text = f"{one.subject}: fitted to {count(one.rows, 'row')}"
    if isinstance(one.fitted, FittedLawProcess):
        own = one.fitted
        text += f"; mean error {own.left_out:.1%} on rows left out with their line or family ({own.units} of them)"
    return text


def _show_constants(one: FittedSubject, unit: str) -> None:
    rows = [
        (name, significant(value, 4) if 1e-3 < abs(value) < 1e4 else f"{value:.4g}", unit, meaning)
        for name, value, _, _, unit, meaning in _constants(one, unit)
    ]
    if rows:
        console.print_table("", ("constant", "value", "unit", "meaning"), rows, left=(0, 2, 3), keys=1)


def _constants(one: FittedSubject, unit: str) -> list[tuple[str, float, float | None, float | None, str, str]]:
    """Name, value, the ends of its 95 % interval, unit and meaning of each constant."""
    fitted = one.fitted
    if isinstance(fitted, FittedLawProcess):
        return [(c.name, value, None, None, _in(unit, c.unit), c.meaning) for c, value in fitted.law.described()]
    if isinstance(fitted, FittedCurve):
        return [
            (p.name, float(v), _or_none(lo), _or_none(hi), _in(unit, p.unit), p.meaning)
            for p, v, lo, hi in zip(fitted.parameters, fitted.values, fitted.value_lo, fitted.value_hi, strict=True)
        ]
    return []


def _choice(one: ChoiceScore) -> tuple[str, ...]:
    ratios = (f"{v:.3f}" for v in (one.median, one.quantile_90, one.worst))
    return one.predictor, str(one.layers), *ratios, f"{one.within:.1%}"


def _scores(one: Judged) -> tuple[str, ...]:
    own = one.all
    shares = (own.median, own.quantile_90, own.mean, own.within)
    return (
        one.predictor, one.left_out, str(own.rows), *(f"{v:.1%}" for v in shares), _plain(own.spearman), _plain(own.r2),
        f"{own.coverage:.1%}", f"± {own.half_width:.0%}", f"{own.outside:.1%}",
        console.MISSING if math.isnan(own.redraw) else f"{own.redraw:.1%}",
    )  # fmt: skip


def _plain(value: float) -> str:
    return console.MISSING if math.isnan(value) else f"{value:.3f}"


def _in(unit: str, of_time: str) -> str:
    """The unit of a constant of a model in this unit: that of a model of times is s, or s/ something."""
    return unit + of_time[1:] if of_time.partition("/")[0] == "s" else of_time


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
