"""Shows the method, the command to repeat the run, its configuration, and the meaning of each column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bench import format
from bench.bounds import harmless
from bench.calibration.value import Calibration
from bench.report.document.blocks import Block, Cell, Code, Details, Heading, Prose, Section, Table, table
from bench.report.findings.results import GIGA
from bench.report.sections.study import Study
from bench.store.column_types import describe
from bench.store.energy_schema import Energy
from bench.store.schema import Row


def section(study: Study) -> Section:
    meta = study.meta
    configuration = meta.get("configuration") or {}
    blocks: list[Block] = []
    if command := meta.get("command"):
        blocks += [Heading("Command to repeat the run"), Code(_command(command))]
    blocks += [Heading("Configuration"), _mapping(_readable(configuration))]
    blocks += [Heading("Environment"), _mapping(study.environment)]
    blocks += _ceilings(meta)
    blocks.append(Details("Columns of the measurements", (_columns(Row),), in_summary=False))
    blocks.append(Details("Columns of the energy", (_columns(Energy),), in_summary=False))
    blocks.append(
        Prose(f"Schema {meta.get('schema_version') or format.MISSING}. {_span(meta)} Missing is null, never 0.")
    )
    return Section("method", "How it was measured", (answer(configuration),), tuple(blocks))


def _ceilings(meta: Mapping[str, Any]) -> list[Block]:
    """The highest rates measured on the machine, which set the roofline."""
    rows = []
    for c in map(Calibration.from_dict, meta.get("calibration") or ()):
        place = c.device if c.threads is None else f"{c.device}, {format.count(c.threads, 'thread')}"
        rates = [(f"{p.precision} arithmetic", p.flops_per_s, "FLOP/s", p.method) for p in c.peaks]
        rates += [(v.name, v.bytes_per_s, "B/s", v.method or "") for v in c.levels if v.bytes_per_s is not None]
        rows += [(place, name, f"{format.significant(rate / GIGA)} G{unit}", by) for name, rate, unit, by in rates]
    head = ("device", "ceiling", "highest measured rate", "method")
    return [Heading("Ceilings"), table(head, "llrl", rows)] if rows else []


def answer(configuration: Mapping[str, Any]) -> str:
    """The method of the times, as far as the configuration records it."""
    text = (
        "Every result was checked against float64 before it was timed. All implementations of a case were timed "
        "together, in random blocks, so drift affects them equally."
    )
    if limit := configuration.get("max_seconds"):
        text += f" A case has up to {limit} s in all visits together"
        target = configuration.get("target_rel_ci")
        text += f"; a visit ends when its intervals are within ± {100 * float(target):.3g} %." if target else "."
    return text


def _span(meta: Mapping[str, Any]) -> str:
    if not meta.get("finished_utc"):
        return "The run is not finished; these are its results so far."
    wall_s = meta.get("wall_s")
    took = f", {format.seconds(float(wall_s), 3)} in total" if wall_s is not None else ""
    return f"Finished {meta['finished_utc']}{took}."


def _command(command: Any) -> str:
    return " ".join(map(str, command)) if isinstance(command, list | tuple) else str(command)


def _readable(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with one line per axis."""
    axes = configuration.get("axes") or ()
    plain = {key: value for key, value in configuration.items() if key != "axes"}
    return plain | {f"axis {name}": ", ".join(map(str, values)) for name, values in axes}


def _mapping(values: Mapping[str, Any]) -> Table | Prose:
    if not values:
        return Prose("Not recorded.")
    return table(("", ""), "ll", [(str(key), Cell(harmless(_value(value)))) for key, value in values.items()])


def _value(value: Any) -> str:
    if value is None or value in ([], ()):
        return format.MISSING
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _columns(kind: type[Row] | type[Energy]) -> Table:
    rows = [(Cell(c.name, look="code"), c.unit or format.MISSING, c.meaning) for c in describe(kind)]
    return table(("column", "unit", "meaning"), "lll", rows)
