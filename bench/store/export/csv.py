"""CSV: one file for each table of a run, and one with the type, unit and meaning of every column.

Missing is an empty cell. Lists are JSON inside their cell; numbers have all their digits. A text that a spreadsheet
would compute, as one that begins with =, begins with an apostrophe.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.bounds import plain_cell
from bench.store.column_types import describe, plain_line
from bench.store.export.content import Exported, RunContent
from bench.store.files import UNKNOWN
from bench.store.tables import NAMES

COLUMNS = "columns.csv"


def write(content: RunContent, to: Path) -> Exported:
    """Write measurements.csv, samples.csv, energy.csv and columns.csv into the folder `to`. Raises OSError."""
    to.mkdir(exist_ok=True)
    lines: dict[str, Sequence[Any]] = {
        "measurements": content.rows,
        "samples": content.samples,
        "energy": content.energy,
    }
    for name, kind in NAMES.items():
        header = [column.name for column in describe(kind)]
        _write(to / f"{name}.csv", header, (map(_cell, plain_line(line).values()) for line in lines[name]))
    meanings = [(name, c.name, c.type, c.unit, c.meaning) for name, kind in NAMES.items() for c in describe(kind)]
    _write(to / COLUMNS, ("table", "column", "type", "unit", "meaning"), meanings)
    return Exported(to, len(content.rows))


def _write(path: Path, header: Sequence[str], lines: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", errors=UNKNOWN, newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return plain_cell(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
