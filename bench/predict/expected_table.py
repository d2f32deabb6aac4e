"""Writes predicted times as a CSV table, a line for each layer or for each implementation of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.bounds import plain_cell
from bench.errors import InfrastructureError
from bench.predict.expected import ExpectedLayer, ExpectedTime
from bench.predict.tables.quantities import TIME, PredictedQuantity
from bench.store.files import UNKNOWN

_BEFORE = ("name", "descriptor", "count", "layout", "device", "implementation", "precision", "threads")
_AFTER = ("outside", "best_probability")
_DIGITS = 7


def columns(quantity: PredictedQuantity = TIME) -> tuple[str, ...]:
    """The columns of the table: time_s, time_lo_s and time_hi_s, or those of another quantity, among others."""
    return (*_BEFORE, *(quantity.named(part) for part in ("", "lo", "hi")), *_AFTER)


def records(
    layers: Sequence[ExpectedLayer], quantity: PredictedQuantity = TIME, *, each: bool = False
) -> list[dict[str, Any]]:
    """A record for each layer, of its best implementation, or with `each` one for every implementation."""
    found = []
    for one in layers:
        times = one.times if each else one.times[:1]
        found += [_record(one, own, quantity) for own in times] or [_record(one, None, quantity)]
    return found


def write(
    layers: Sequence[ExpectedLayer], file: Path, quantity: PredictedQuantity = TIME, *, each: bool = False
) -> None:
    """Write the records as CSV; unknown values are empty. Raises InfrastructureError if that fails."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns(quantity), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records(layers, quantity, each=each))
    try:
        file.write_text(text.getvalue(), encoding="utf-8", errors=UNKNOWN)
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error.strerror or error}") from error


def _record(one: ExpectedLayer, own: ExpectedTime | None, quantity: PredictedQuantity) -> dict[str, Any]:
    layer = {
        "name": plain_cell(one.layer.name),
        "descriptor": one.layer.problem.descriptor,
        "count": one.layer.count,
        "layout": one.layout,
    }
    if own is None:
        return {**layer, **dict.fromkeys(columns(quantity)[len(layer) :])}
    subject = own.subject
    return {
        **layer,
        "device": subject.device,
        "implementation": subject.implementation,
        "precision": subject.precision,
        "threads": subject.threads,
        quantity.named(): _rounded(own.time_s),
        quantity.named("lo"): _rounded(own.time_lo_s),
        quantity.named("hi"): _rounded(own.time_hi_s),
        "outside": own.outside,
        "best_probability": round(own.best_probability, 4),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
