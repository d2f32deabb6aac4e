"""How it was measured, how to repeat it, and what the columns of the tables mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bench import format
from bench.calibration.value import Calibration
from bench.report.document.blocks import Block, Cell, Code, Details, Heading, Prose, Section, Table, table
from bench.report.findings.results import GIGA
from bench.report.findings.study import Study
from bench.store.schema import Energy, Row, describe


def section(study: Study) -> Section:
    meta = study.meta
    configuration = meta.get("configuration") or {}
    blocks: list[Block] = []
    if command := meta.get("command"):
        blocks += [Heading("To repeat it"), Code(_command(command))]
    blocks += [Heading("Configuration"), _mapping(_readable(configuration))]
    blocks += [Heading("Environment"), _mapping(study.environment)]
    blocks += _ceilings(meta)
    blocks.append(Details("What the columns of the measurements mean", (_columns(Row),), in_summary=False))
    blocks.append(Details("What the columns of the energy mean", (_columns(Energy),), in_summary=False))
    blocks.append(
        Prose(f"Schema {meta.get('schema_version') or format.MISSING}. {_span(meta)} Missing is null, never 0.")
    )
    return Section("method", "How it was measured", (_answer(configuration),), tuple(blocks))


def _ceilings(meta: Mapping[str, Any]) -> list[Block]:
    """What the machine did at best, by which the roofline is drawn."""
    rows = []
    for c in map(Calibration.from_dict, meta.get("calibration") or ()):
        place = c.device if c.threads is None else f"{c.device}, {format.count(c.threads, 'thread')}"
        rates = [(f"{p.precision} arithmetic", p.flops_per_s, "FLOP/s", p.method) for p in c.peaks]
        rates += [(v.name, v.bytes_per_s, "B/s", v.method or "") for v in c.levels if v.bytes_per_s is not None]
        rows += [(place, name, f"{format.significant(rate / GIGA)} G{unit}", by) for name, rate, unit, by in rates]
    head = ("on", "ceiling", "at most, measured", "by")
    return [Heading("Ceilings"), table(head, "llrl", rows)] if rows else []


def _answer(configuration: Mapping[str, Any]) -> str:
    """How the times came about, as far as the configuration tells."""
    text = (
        "Every result was checked against float64 before it was timed; all implementations of a case were timed "
        "together, in random blocks, so that drift falls on all alike."
    )
    if limit := configuration.get("max_seconds"):
        text += f" A case ends after {limit} s"
        target = configuration.get("target_rel_ci")
        text += f", or when every interval is within ± {100 * float(target):.3g} % of its median." if target else "."
    return text


def _span(meta: Mapping[str, Any]) -> str:
    if not meta.get("finished_utc"):
        return "The run is not finished: this is what it holds so far."
    wall_s = meta.get("wall_s")
    took = f", {format.seconds(float(wall_s), 3)} in all" if wall_s is not None else ""
    return f"Finished {meta['finished_utc']}{took}."


def _command(command: Any) -> str:
    return " ".join(map(str, command)) if isinstance(command, list | tuple) else str(command)


def _readable(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with its axes in a line each."""
    axes = configuration.get("axes") or ()
    plain = {key: value for key, value in configuration.items() if key != "axes"}
    return plain | {f"axis {name}": ", ".join(map(str, values)) for name, values in axes}


def _mapping(values: Mapping[str, Any]) -> Table | Prose:
    if not values:
        return Prose("Not recorded.")
    return table(("", ""), "ll", [(str(key), Cell(_value(value))) for key, value in values.items()])


def _value(value: Any) -> str:
    if value is None or value in ([], ()):
        return format.MISSING
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _columns(kind: type[Row] | type[Energy]) -> Table:
    rows = [(Cell(name, look="code"), unit or format.MISSING, meaning) for name, unit, meaning in describe(kind)]
    return table(("column", "unit", "meaning"), "lll", rows)
