"""Writes how good predictors are as one HTML file, which needs no other file and no script."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import format as text
from bench.errors import UsageError
from bench.predict.judged.choice import GOOD, ChoiceScore
from bench.predict.judged.judgement import Judged, PredictorScores
from bench.predict.predictors import all_predictors
from bench.predict.tables.quantities import TIME, PredictedQuantity
from bench.report.document import paper
from bench.report.document.blocks import Block, Cell, Code, Details, Prose, Section, Table, table
from bench.report.document.first_screen import FirstScreen, Number

_LEAD = (
    "Each row was predicted by a fit that did not see its line, its family (the same layer at any batch, image size "
    "and layout) or its whole kind. Errors are |predicted / measured − 1|. Nobody predicts better than the machine "
    "repeats itself: that is the column measured again."
)
_HEAD = (
    "predictor", "left out", "rows", "median", "90 % quantile", "MAPE", "within ± 10 %", "Spearman", "R²",
    "90 % intervals hold", "half-width", "outside", "error there / elsewhere", "measured again",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class JudgedOrigin:
    """The machine and the files that times are of, and what was left out at a time: line, family or kind."""

    machine: Mapping[str, Any]
    sources: Sequence[Path]
    grouping: str

    @property
    def where(self) -> str:
        return ", ".join(str(value) for value in self.machine.values() if value)

    def command(self, quantity: PredictedQuantity) -> str:
        """The command that repeats it."""
        words = ["convcost", "fit", *map(str, self.sources), "-o", "model.json", "--leave-out", self.grouping]
        return shlex.join([*words, *(["--of", quantity.name] if quantity is not TIME else [])])


def write(judged: PredictorScores, quantity: PredictedQuantity, origin: JudgedOrigin, file: Path) -> Path:
    """Write the page.

    Raises UsageError where nothing was judged, InfrastructureError if the file cannot be written.
    """
    if not judged.scores:
        raise UsageError("a page says how good predictors are on rows left out; add --leave-out line, family or kind")
    title = f"Predicted {quantity.name}: how good on what was left out"
    first = _first_screen(judged, quantity, origin.where)
    return paper.write(file, title, first, _LEAD, (), _sections(judged, origin.command(quantity)))


def _first_screen(judged: PredictorScores, quantity: PredictedQuantity, machine: str) -> FirstScreen:
    own, flops = (_of(judged, name) for name in (all_predictors.DEFAULT, "flops"))
    best = own or judged.scores
    error, coverage = _median([one.all.median for one in best]), _median([one.all.coverage for one in best])
    again = _median([one.all.redraw for one in best])
    name = best[0].predictor
    subjects = len({one.subject for one in judged.scores})
    headline = f"{name.capitalize()} is off by {error:.0%} in the median of rows that it never saw"
    headline += f", FLOPs by {_median([one.all.median for one in flops]):.0%}." if flops and own else "."
    repeats = "unknown" if math.isnan(again) else f"{again:.1%}"
    return FirstScreen(
        headline=headline,
        detail=f"Medians over {text.count(subjects, 'subject')}: an implementation, device and precision each.",
        conditions=machine,
        numbers=(
            Number(f"Median error of {name}", f"{error:.1%}", f"of {quantity.name}, rows left out"),
            Number("Measured again", repeats, "what the machine itself differs by"),
            Number("Intervals that hold the value", f"{coverage:.0%}", "90 % are promised"),
        ),
        limits=_limits(best),
        limits_title="What predictions cannot say",
    )


def _limits(best: Sequence[Judged]) -> tuple[str, ...]:
    worst = max(best, key=lambda one: one.all.quantile_90)
    return (
        f"The hardest is {worst.subject}: one row in ten is off by over {worst.all.quantile_90:.0%}.",
        "Rows that are flagged outside are unlike those of the fit: their intervals promise nothing.",
    )


def _sections(judged: PredictorScores, command: str) -> tuple[Section, ...]:
    subjects = list(dict.fromkeys(one.subject for one in judged.scores))
    own = _of(judged, all_predictors.DEFAULT) or judged.scores
    every = [
        Details(str(subject), (_errors([one for one in judged.scores if one.subject == subject]),))
        for subject in subjects
    ]
    found = [
        Section("errors", "Errors by subject", ("The predictor that is the default; all others below each subject.",),
                (_errors(own, of_subject=True), *every)),
    ]  # fmt: skip
    if judged.choices:
        said = (
            "Where several implementations of a layer were measured: the time of the one with the least prediction "
            f"over the least time. At most {GOOD:g} is a good choice."
        )
        found.append(Section("choices", "The choices that predictions lead to", (said,), _choices(judged.choices)))
    found.append(Section("repeat", "To repeat it", (), (Code(command),)))
    return tuple(found)


def _errors(scores: Sequence[Judged], *, of_subject: bool = False) -> Table:
    rows = [_row(one, str(one.subject) if of_subject else one.predictor) for one in scores]
    head = ("subject", *_HEAD[1:]) if of_subject else _HEAD
    return table(head, "ll" + "r" * (len(_HEAD) - 2), rows)


def _row(one: Judged, name: str) -> list[Cell | str]:
    own, near, far = one.all, one.near, one.far
    there = "" if near is None or far is None or not near.mean else f"{far.mean / near.mean:.1f} ×"
    return [
        name, one.left_out, str(own.rows), *(f"{v:.1%}" for v in (own.median, own.quantile_90, own.mean, own.within)),
        _plain(own.spearman), _plain(own.r2), f"{own.coverage:.0%}", f"± {own.half_width:.0%}", f"{own.outside:.1%}",
        there or Cell(text.MISSING, look="muted"), text.MISSING if math.isnan(own.redraw) else f"{own.redraw:.1%}",
    ]  # fmt: skip


def _choices(choices: Sequence[ChoiceScore]) -> tuple[Block, ...]:
    found: list[Block] = []
    for thing in dict.fromkeys(one.thing for one in choices):
        rows = [
            [one.predictor, str(one.layers), *(f"{v:.3f}" for v in (one.median, one.quantile_90, one.worst)),
             f"{one.within:.1%}"]
            for one in choices if one.thing == thing
        ]  # fmt: skip
        head = ("predictor", "layers", "median", "90 % quantile", "worst", f"at most {GOOD:g}")
        found += [Prose(thing), table(head, "lrrrrr", rows)]
    return tuple(found)


def _of(judged: PredictorScores, name: str) -> list[Judged]:
    return [one for one in judged.scores if one.predictor == name]


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.median(known)) if known else math.nan


def _plain(value: float) -> str:
    return text.MISSING if math.isnan(value) else f"{value:.3f}"
