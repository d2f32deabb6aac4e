"""The joules of a run: measured ones from its journal, else modelled or bracketed ones, else the reason for none.

A record of the journal is {"key", "energy": {implementation: [figures by scope]}, "processes", …}; `processes` are the
raw data behind the figures (windows, idle power, rounds), of each process.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from bench.energy.bracket.bracket import SCOPE, PowerBracket
from bench.energy.executed.model import SOURCE, NotModelled
from bench.energy.flags import EnergyFlag
from bench.energy.meter import Method
from bench.energy.model import PowerModel
from bench.errors import InfrastructureError
from bench.store import journal
from bench.store.energy_schema import Energy
from bench.store.entering import checked
from bench.store.executed_work import ModelledRun
from bench.store.schema import Row
from bench.store.status import Status

NOT_SAMPLED = "not sampled"
# A call in a window that takes this many times as long as the GPU needs for it was held up by its launch.
_WAITS = 1.1
_KNOWN = frozenset(f.name for f in fields(Energy))

# By case and implementation, the figures of each scope.
FiguresByRow = Mapping[tuple[str, str], list[dict[str, Any]]]


def of(records: Iterable[journal.Record]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The figures in these records of a journal by case and implementation. Raises InfrastructureError for damage."""
    try:
        return {
            (record["key"], implementation): figures
            for record in records
            if "energy" in record
            for implementation, figures in record["energy"].items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise InfrastructureError(f"a record of energy in the journal is damaged: {error!r}") from error


def lines(
    rows: Iterable[Row],
    measured: FiguresByRow,
    model: PowerModel | None,
    without: Mapping[str, str],
    bracket: PowerBracket | None = None,
    executed: ModelledRun | None = None,
) -> list[Energy]:
    """The energy of every ok row.

    `without` gives, by device, the reason why nothing can be measured there; a device not in it has a sensor. On such a
    device nothing is modelled or bracketed: one device never has both measured and other joules. With a model there is
    no bracket. On the device of `executed` a row whose work is unknown has no joules, and the reason says so.
    """
    fine = [row for row in rows if row.status is Status.OK]
    return [line for row in fine for line in _of_row(row, measured, model, without, bracket, executed)]


def bracketed(row: Row, bracket: PowerBracket, reason: str | None = None) -> Energy | None:
    """The bracketed energy of a row on the CPU, from its time with its 95 % interval; None without a time above 0.

    `reason` is why nothing was measured.
    """
    if row.time_s is None or not 0 < row.time_s < math.inf:
        return None
    threads = bracket.allotment.processors if row.threads is None else row.threads
    interval_s = row.interval_s
    if interval_s is not None and not 0 < interval_s[0] <= interval_s[1] < math.inf:
        interval_s = None
    whole, idle = (ends(row.time_s, threads, interval_s) for ends in (bracket.joules, bracket.idle_joules))
    power = bracket.power_w(threads)
    return Energy(
        row.case_key, row.implementation, row.device, SCOPE, Method.BRACKET.value, Method.BRACKET.value, reason,
        low_j=whole.low, high_j=whole.high, idle_low_j=idle.low, idle_high_j=idle.high,
        low_j_per_direct_flop=_per_flop(whole.low, row), high_j_per_direct_flop=_per_flop(whole.high, row),
        power_low_w=power.low, power_high_w=power.high,
        bracket_class=bracket.pool.label, bracket_machines=bracket.pool.machines,
    )  # fmt: skip


def _of_row(
    row: Row,
    measured: FiguresByRow,
    model: PowerModel | None,
    without: Mapping[str, str],
    bracket: PowerBracket | None,
    executed: ModelledRun | None,
) -> list[Energy]:
    if figures := measured.get((row.case_key, row.implementation)):
        return [_measured(row, figure) for figure in figures]
    none = Energy(row.case_key, row.implementation, row.device, reason=without.get(row.device, NOT_SAMPLED))
    if row.device in without and executed is not None and executed.model.device == row.device:
        return [_executed(none, row, executed)]
    if row.device != "cpu" or row.device not in without or row.time_s is None:
        return [none]
    if model is not None:
        return [_modelled(none, row, model)]
    found = None if bracket is None else bracketed(row, bracket, none.reason)
    return [none if found is None else found]


def _modelled(none: Energy, row: Row, model: PowerModel) -> Energy:
    assert row.time_s is not None, "only timed rows are modelled"
    joules = model.joules(row.time_s, model.allotted if row.threads is None else row.threads)
    return replace(
        none, scope=model.scope, method="model", source="model", modelled_j=joules,
        modelled_j_per_direct_flop=_per_flop(joules, row),
    )  # fmt: skip


def _executed(none: Energy, row: Row, executed: ModelledRun) -> Energy:
    try:
        joules = executed.joules(row)
    except NotModelled as error:
        return replace(none, reason=f"{none.reason}; not modelled: {error}")
    return replace(
        none, scope=executed.model.scope, method="model", source=SOURCE, modelled_j=joules,
        modelled_half_j=executed.model.half_width_j(joules), modelled_j_per_direct_flop=_per_flop(joules, row),
    )  # fmt: skip


def _measured(row: Row, figure: Mapping[str, Any]) -> Energy:
    known = {name: value for name, value in figure.items() if name in _KNOWN}
    given: dict[str, Any] = {
        **known,
        "flags": (*figure["flags"], *([EnergyFlag.DEVICE_WAITS] if _waits(row, figure) else [])),
        "gross_j_per_direct_flop": _per_flop(figure["gross_j"], row),
        "net_j_per_direct_flop": _per_flop(figure["net_j"], row),
    }
    return Energy(row.case_key, row.implementation, row.device, **checked(Energy, given))


def _waits(row: Row, figure: Mapping[str, Any]) -> bool:
    """Whether calls came more slowly than the GPU runs them, so that its waiting took joules, too."""
    gross_j, power_w = figure.get("gross_j"), figure.get("power_w")
    if row.device != "cuda" or not row.time_s or not gross_j or not power_w:
        return False
    return bool(gross_j / power_w > _WAITS * row.time_s)


def _per_flop(joules: float | None, row: Row) -> float | None:
    return None if joules is None or not row.direct_flops else joules / row.direct_flops
