"""The joules of a run: measured ones from its journal, else modelled ones, else the reason why there are none.

A record of the journal is {"key", "energy": {implementation: [figures by scope]}, "processes", …}; `processes` are the
raw data behind the figures (windows, idle power, rounds), of each process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from bench.energy.model import PowerModel
from bench.store import journal
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from bench.store.status import Status

NOT_SAMPLED = "not sampled"
_KNOWN = frozenset(f.name for f in fields(Energy))

# By case and implementation, the figures of each scope.
FiguresByRow = Mapping[tuple[str, str], list[dict[str, Any]]]


def read(folder: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The figures of a run's journal by case and implementation."""
    return {
        (record["key"], implementation): figures
        for record in journal.read(folder)
        if "energy" in record
        for implementation, figures in record["energy"].items()
    }


def measured_keys(folder: Path) -> set[str]:
    """Keys of the cases with a record of energy, even one without figures."""
    return {key for key, _ in read(folder)}


def lines(
    rows: Iterable[Row], measured: FiguresByRow, model: PowerModel | None, without: Mapping[str, str]
) -> list[Energy]:
    """The energy of every ok row.

    `without` gives, by device, the reason why nothing can be measured there; a device not in it has a sensor. On such a
    device nothing is modelled: one device never has both measured and modelled joules.
    """
    return [line for row in rows if row.status is Status.OK for line in _of_row(row, measured, model, without)]


def _of_row(row: Row, measured: FiguresByRow, model: PowerModel | None, without: Mapping[str, str]) -> list[Energy]:
    if figures := measured.get((row.case_key, row.implementation)):
        return [_measured(row, figure) for figure in figures]
    reason = without.get(row.device, NOT_SAMPLED)
    joules = None
    if model is not None and row.device == "cpu" and row.device in without and row.time_s is not None:
        joules = model.joules(row.time_s, model.allotted if row.threads is None else row.threads)
    none = Energy(row.case_key, row.implementation, row.device, reason=reason)
    if model is None or joules is None:
        return [none]
    per_flop = _per_flop(joules, row)
    return [
        replace(
            none, scope=model.scope, method="model", source="model", modelled_j=joules,
            modelled_j_per_direct_flop=per_flop,
        )
    ]  # fmt: skip


def _measured(row: Row, figure: Mapping[str, Any]) -> Energy:
    known = {name: value for name, value in figure.items() if name in _KNOWN}
    given: dict[str, Any] = {
        **known,
        "flags": tuple(figure["flags"]),
        "gross_j_per_direct_flop": _per_flop(figure["gross_j"], row),
        "net_j_per_direct_flop": _per_flop(figure["net_j"], row),
    }
    return Energy(row.case_key, row.implementation, row.device, **given)


def _per_flop(joules: float | None, row: Row) -> float | None:
    return None if joules is None or not row.direct_flops else joules / row.direct_flops
