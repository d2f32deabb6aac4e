"""Prints predicted times and the totals of networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import format as text
from bench.cost.layer import LayerSet
from bench.predict.expected import ExpectedLayer, total
from bench.predict.expected_table import records
from bench.predict.tables.quantities import PredictedQuantity
from bench.predict.time_model import TimeModel
from bench.terminal import console

# Lines of a table; all are in the CSV file and the JSON.
_LINES = 100
_BEFORE, _AFTER = ("layer", "times", "implementation"), ("90 % interval", "best with", "outside")


def show(
    model: TimeModel,
    sets: Sequence[LayerSet],
    found: Sequence[Sequence[ExpectedLayer]],
    *,
    each: bool,
    file: Path | None,
) -> None:
    """Print a line for each layer (or implementation), and the total of several layers."""
    for own, layers in zip(sets, found, strict=True):
        rows = [_cells(record, model.quantity) for record in records(layers, model.quantity, each=each)]
        head = (*_BEFORE, model.quantity.name, *_AFTER)
        console.print_table(own.name or "predicted", head, rows[:_LINES], left=(0, 2, 4, 6), keys=1)
        if len(rows) > _LINES:
            console.print_line(f"{len(rows) - _LINES} more lines: -o FILE writes all")
        if len(layers) > 1 and any(one.times for one in layers):
            for layout in dict.fromkeys(one.layout for one in layers):
                console.print_line(_total(model, [one for one in layers if one.layout == layout], layout))
    if any(one.best and one.best.outside for layers in found for one in layers):
        console.print_line(
            "outside: unlike the layers of the fit, so that the interval promises nothing; measure these"
        )
    if file is not None:
        console.print_line(f"written: {file}")


def as_data(
    model: TimeModel, sets: Sequence[LayerSet], found: Sequence[Sequence[ExpectedLayer]], *, each: bool
) -> list[dict[str, Any]]:
    """Plain values of the same; a total is null where nothing was computed."""
    data = []
    for own, layers in zip(sets, found, strict=True):
        totals = {
            layout: asdict(total(model, same)) if any(one.times for one in same) else None
            for layout in dict.fromkeys(one.layout for one in layers)
            for same in [[one for one in layers if one.layout == layout]]
        }
        data.append({"name": own.name, "layers": records(layers, model.quantity, each=each), "totals": totals})
    return data


def _cells(record: dict[str, Any], quantity: PredictedQuantity) -> tuple[str, ...]:
    value, low, high = (record[quantity.named(part)] for part in ("", "lo", "hi"))
    if value is None:
        return record["name"], str(record["count"]), "none computes it", *([console.MISSING] * 3), ""
    return (
        record["name"],
        str(record["count"]),
        str(record["implementation"]),
        quantity.written(value),
        f"{quantity.written(low)} – {quantity.written(high)}",
        f"{record['best_probability']:.0%}",
        "outside" if record["outside"] else "",
    )


def _total(model: TimeModel, layers: Sequence[ExpectedLayer], layout: str) -> str:
    whole, written = total(model, layers), model.quantity.written
    missing = f"; {text.count(whole.missing, 'layer')} without a time not counted" if whole.missing else ""
    return (
        f"total in {layout}: {written(whole.time_s)} "
        f"({written(whole.time_lo_s)} – {written(whole.time_hi_s)}, if errors of two layers have a "
        f"correlation of {whole.correlation:.2f}){missing}"
    )
