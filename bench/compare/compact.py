"""Many runs of one sweep in one small file: the time of each row in each process, and nothing else.

The file is JSON, compressed (xz): {"format_version", "environment", "rows": [[case_key, implementation, descriptor]],
"runs": [{"created_utc", "wall_s", "times_ns": [[…]]}]}, the times by row and process in whole nanoseconds, or with four
digits where that is less; a row that a run lacks is null. Twenty-four sweeps of 168 rows and six processes take about
100 kB.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.bounds import json_value
from bench.compare.sides import ComparedRun, of_tables
from bench.errors import InfrastructureError, UsageError
from bench.store import process_times, runs
from bench.store.process_times import ENERGY_COLUMNS, KEYS, ROW_COLUMNS, ProcessTimes

FORMAT_VERSION = "1.0"
_DIGITS = 4
# What a run's folder must agree in to be in one file with others.
_SAME = ("cpu", "microarchitecture", "threads", "torch", "numba", "convcost")


def keep(folders: Sequence[Path], file: Path) -> int:
    """Write the runs of these folders, of unchanged code on one machine, as one file; returns its size in bytes.

    Raises UsageError for runs that are not alike, InfrastructureError if the file cannot be written.
    """
    metas = [runs.read_meta(folder) for folder in folders]
    environments = [dict(meta.get("environment") or {}) for meta in metas]
    for folder, environment in zip(folders, environments, strict=True):
        for name in _SAME:
            if environment.get(name) != environments[0].get(name):
                raise UsageError(f"{folder} has {name} {environment.get(name)}, {folders[0]} has "
                                 f"{environments[0].get(name)}; keep runs of one machine and one code")  # fmt: skip
    tables = [process_times.read(folder) for folder in folders]
    rows = list(dict.fromkeys(row for table in tables for row in _timed_rows(table)))
    content = {
        "format_version": FORMAT_VERSION,
        "environment": environments[0],
        "rows": [list(row) for row in rows],
        "runs": [
            {"created_utc": meta.get("created_utc"), "wall_s": meta.get("wall_s"), "times_ns": _times(table, rows)}
            for meta, table in zip(metas, tables, strict=True)
        ],
    }
    data = lzma.compress(json.dumps(content, separators=(",", ":"), allow_nan=False).encode("utf-8"), preset=9)
    try:
        file.write_bytes(data)
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error}") from error
    return len(data)


def kept(file: Path) -> list[ComparedRun]:
    """The runs of a file. Raises UsageError for another format, InfrastructureError for damage."""
    try:
        content = json_value(lzma.decompress(file.read_bytes()))
    except (OSError, lzma.LZMAError, ValueError) as error:
        raise InfrastructureError(f"{file} cannot be read: {error!r}") from error
    try:
        version = str(content["format_version"])
        if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
            raise UsageError(f"{file} has format {version}; this convcost reads {FORMAT_VERSION}")
        return [
            _run(f"{file.name} {number}", content["environment"], content["rows"], run)
            for number, run in enumerate(content["runs"], 1)
        ]
    except (KeyError, TypeError) as error:
        raise InfrastructureError(f"{file} cannot be read: {error!r}") from error


def _timed_rows(table: ProcessTimes) -> list[tuple[str, str, str]]:
    fine = process_times.fine(table.rows)
    return list(zip(*(fine[name].tolist() for name in (*KEYS, "descriptor")), strict=True))


def _times(table: ProcessTimes, rows: Sequence[tuple[str, str, str]]) -> list[list[float] | None]:
    found: dict[tuple[str, str], list[float]] = {}
    ordered = table.times.sort_values("process", kind="stable")
    columns = (ordered[name].tolist() for name in (*KEYS, "time_s"))
    for key, name, time_s in zip(*columns, strict=True):
        found.setdefault((key, name), []).append(_short(1e9 * time_s))
    return [found.get(row[:2]) for row in rows]


def _short(time_ns: float) -> float:
    """Whole nanoseconds, with no more than the digits that a median of few samples has."""
    rounded = float(f"{time_ns:.{_DIGITS - 1}e}")
    return int(rounded) if rounded >= 10**_DIGITS else rounded


def _run(path: str, environment: dict[str, Any], rows: Sequence[Sequence[str]], run: dict[str, Any]) -> ComparedRun:
    import pandas as pd

    timed = [(*row, times) for row, times in zip(rows, run["times_ns"], strict=True) if times is not None]
    keys = [[row[column] for row in timed] for column in range(3)]
    table = pd.DataFrame({"case_key": keys[0], "implementation": keys[1], "descriptor": keys[2], "status": "ok"})
    places = np.repeat(np.arange(len(timed)), [len(row[3]) for row in timed])
    times = pd.DataFrame({
        "case_key": np.array(keys[0], dtype=object)[places],
        "implementation": np.array(keys[1], dtype=object)[places],
        "process": np.concatenate([np.arange(len(row[3])) for row in timed]) if timed else np.zeros(0, dtype=int),
        "time_s": 1e-9 * np.array([time for row in timed for time in row[3]]),
    })  # fmt: skip
    meta = {
        "environment": environment, "created_utc": run["created_utc"], "wall_s": run["wall_s"],
        "finished_utc": run["created_utc"],
    }  # fmt: skip
    read = ProcessTimes(table.reindex(columns=list(ROW_COLUMNS)), pd.DataFrame(columns=list(ENERGY_COLUMNS)), times)
    return of_tables(path, meta, read)
