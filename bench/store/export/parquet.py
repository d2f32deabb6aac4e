"""Parquet: the tables of a run, with unit and meaning as metadata of each column."""

from __future__ import annotations

from pathlib import Path

from bench.store import tables
from bench.store.energy_schema import Energy
from bench.store.export.content import Exported, RunContent
from bench.store.schema import Row, Sample


def write(content: RunContent, to: Path) -> Exported:
    """Write measurements.parquet, samples.parquet and energy.parquet into the folder `to`. Raises OSError."""
    to.mkdir(exist_ok=True)
    tables.write(to, "measurements", tables.frame(Row, content.rows))
    tables.write(to, "samples", tables.frame(Sample, content.samples))
    tables.write(to, "energy", tables.frame(Energy, content.energy))
    return Exported(to, len(content.rows))
