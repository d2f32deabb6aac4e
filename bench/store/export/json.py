"""JSON: one file with the description of the run, its tables, and the type, unit and meaning of every column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.store.column_types import describe, plain_line
from bench.store.export.content import Exported, RunContent, write_json
from bench.store.runs import by_column
from bench.store.tables import NAMES


def write(content: RunContent, to: Path) -> Exported:
    """Write {"run", "columns", "measurements", "samples", "energy"} to the file `to`. Raises OSError.

    Rows and joules are lists of objects; samples are by column, since there are tens of thousands of them.
    """
    columns = {name: [_column(column) for column in describe(kind)] for name, kind in NAMES.items()}
    data: dict[str, Any] = {"run": content.meta, "columns": columns}
    data["measurements"] = [plain_line(row) for row in content.rows]
    data["samples"] = by_column([plain_line(sample) for sample in content.samples])
    data["energy"] = [plain_line(line) for line in content.energy]
    write_json(to, data)
    return Exported(to, len(content.rows))


def _column(column: Any) -> dict[str, Any]:
    return {"name": column.name, "type": column.type, "unit": column.unit, "meaning": column.meaning}
