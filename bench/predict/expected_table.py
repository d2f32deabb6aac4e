"""Writes predicted times as a CSV table, a line for each layer or for each implementation of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError
from bench.predict.expected import ExpectedLayer, ExpectedTime

COLUMNS = (
    "name", "descriptor", "count", "layout", "device", "implementation", "precision", "threads", "time_s", "time_lo_s",
    "time_hi_s", "outside", "best_probability",
)  # fmt: skip
_DIGITS = 7


def records(layers: Sequence[ExpectedLayer], *, each: bool = False) -> list[dict[str, Any]]:
    """A record for each layer, of its fastest implementation, or with `each` one for every implementation."""
    found = []
    for one in layers:
        times = one.times if each else one.times[:1]
        found += [_record(one, own) for own in times] or [_record(one, None)]
    return found


def write(layers: Sequence[ExpectedLayer], file: Path, *, each: bool = False) -> None:
    """Write the records as CSV; unknown values are empty. Raises InfrastructureError if that fails."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records(layers, each=each))
    try:
        file.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error.strerror or error}") from error


def _record(one: ExpectedLayer, own: ExpectedTime | None) -> dict[str, Any]:
    layer = {
        "name": one.layer.name,
        "descriptor": one.layer.problem.descriptor,
        "count": one.layer.count,
        "layout": one.layout,
    }
    if own is None:
        return {**layer, **dict.fromkeys(COLUMNS[len(layer) :])}
    subject = own.subject
    return {
        **layer,
        "device": subject.device,
        "implementation": subject.implementation,
        "precision": subject.precision,
        "threads": subject.threads,
        "time_s": _rounded(own.time_s),
        "time_lo_s": _rounded(own.time_lo_s),
        "time_hi_s": _rounded(own.time_hi_s),
        "outside": own.outside,
        "best_probability": round(own.best_probability, 4),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
