"""Real runs of unchanged code: those of the committed qualification, half of them beside a busy core."""

from __future__ import annotations

import json
import lzma
import math
from pathlib import Path

import numpy as np

from bench.compare.quantities import QUANTITIES, TIME
from bench.compare.sides import ABOUT, ComparedRun, RowFigures
from bench.estimates.student import coverage_factor
from bench.store.process_times import KEYS

FILE = Path(__file__).parents[3] / "results" / "reference" / "intel-xeon-2-cores" / "qualification.json.xz"
# Twins of equal code: no run can change them.
CONTROLS = ("twin-a", "twin-b")
# The qualification measures each run by three processes.
_FREEDOM = 2


def identical_runs(condition: str) -> list[ComparedRun]:
    """The runs of a condition, quiet or busy, in the rows that all of them have."""
    shown = json.loads(lzma.decompress(FILE.read_bytes()))["shown"]
    columns = ("run", "condition", "method", "descriptor", "implementation", "time_s", "time_rel")
    found: dict[int, dict[tuple[str, str], tuple[float, float | None]]] = {}
    for run, own, method, case, name, time_s, half in zip(*(shown[column] for column in columns), strict=True):
        if (own, method) == (condition, "convcost") and time_s:
            found.setdefault(run, {})[case, name] = (time_s, half)
    keys = sorted(set.intersection(*(set(rows) for rows in found.values())))
    return [_run(f"run {number}", keys, [rows[key] for key in keys]) for number, rows in sorted(found.items())]


def _run(path: str, keys: list[tuple[str, str]], rows: list[tuple[float, float | None]]) -> ComparedRun:
    half = np.array([math.nan if own is None else own for _, own in rows])
    freedom = np.where(np.isfinite(half), float(_FREEDOM), 0.0)
    nothing = RowFigures(np.full(len(rows), np.nan), np.full(len(rows), np.nan), np.zeros(len(rows)))
    times = RowFigures(np.log([time_s for time_s, _ in rows]), (half / coverage_factor(_FREEDOM)) ** 2, freedom)
    about: dict[str, list[str | None]] = {name: [None] * len(rows) for name in (*KEYS, *ABOUT)}
    about |= {"case_key": [case for case, _ in keys], "implementation": [name for _, name in keys]}
    about |= {"status": ["ok"] * len(rows)}
    return ComparedRun(path, {"finished_utc": "x"}, about, dict.fromkeys(QUANTITIES, nothing) | {TIME: times})
