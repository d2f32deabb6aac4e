"""Runs of one machine, not measured: rows of known times with a known scatter, one run a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.store import journal, runs
from bench.store.samples import to_columns
from bench.store.schema import Row, Sample

MACHINE = {"host": "box", "cpu": "Example CPU", "cores": 8, "threads": 2, "gpu": None, "torch": "2.13.0"}
# The scatter of a row between runs of one code, in the committed qualification.
SCATTER = 0.0175


def write(folder: Path, day: int, times_s: Mapping[str, float], **environment: Any) -> Path:
    """A run of one case with these times by implementation."""
    run = runs.create(folder, f"day{day:03}", {"environment": {**MACHINE, **environment}})
    meta = runs.read_meta(run)
    stamp = f"2026-{1 + day // 28:02}-{1 + day % 28:02}T12:00:00Z"
    runs.write_meta(run, {**meta, "created_utc": stamp, "finished_utc": stamp})
    rows = [Row(case_key="k|cpu", descriptor="k", implementation=name, time_s=t) for name, t in times_s.items()]
    samples = {name: to_columns([Sample(time_s=t)]) for name, t in times_s.items()}
    journal.append(run, {"key": "k|cpu", "rows": [row.as_record() for row in rows], "samples": samples, "spent_s": 1.0})
    return run


def logs(rng: np.random.Generator, runs_made: int, rows: int, *, alike: float = 0.0) -> np.ndarray:
    """Logarithms of times, runs × rows; neighbouring runs have the correlation `alike`."""
    values = rng.normal(size=(runs_made, rows))
    for n in range(1, runs_made):
        values[n] = alike * values[n - 1] + np.sqrt(1 - alike**2) * values[n]
    return np.asarray(SCATTER * values)


def write_all(
    folder: Path, table: np.ndarray, names: Sequence[str], changed_at: int | None = None, **changed: Any
) -> list[Path]:
    """A run for each line of a table of logarithms; from `changed_at` on with another environment."""
    return [
        write(folder, day, dict(zip(names, np.exp(line).tolist(), strict=True)),
              **(changed if changed_at is not None and day >= changed_at else {}))
        for day, line in enumerate(table)
    ]  # fmt: skip
