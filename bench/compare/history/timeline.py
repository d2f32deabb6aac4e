"""The runs of one machine in the order of time, and the time of each row in each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.compare import sides
from bench.compare.quantities import TIME
from bench.compare.sides import ComparedRun
from bench.errors import InfrastructureError, UsageError
from bench.format import count
from bench.store import runs
from bench.store.process_times import KEYS

# What makes a machine, of the environment of a run; libraries are what changes on it.
_MACHINE = ("cpu", "cores", "gpu", "threads")
# What a step may go with, of the environment of a run: code and libraries, then what the system may have changed.
CHANGES = (
    "convcost", "commit", "torch", "numpy", "numba", "triton", "python", "cuda", "cudnn", "simd", "malloc", "affinity",
    "omp", "os", "host",
)  # fmt: skip

_Row = tuple[str, str]


@dataclass(frozen=True)
class Timeline:
    """Runs of a machine, oldest first, and the logarithm of the time of each row in each: runs × rows, NaN if missing.

    `left_out` says which runs are not in it, and why; `others` counts the runs of other machines by their key.
    """

    machine: str
    runs: tuple[ComparedRun, ...]
    rows: tuple[_Row, ...]
    logs: np.ndarray
    left_out: tuple[str, ...]
    others: Mapping[str, int]


def machine_key(environment: Mapping[str, Any]) -> str:
    """The machine of a run in words, equal for equal machines: processor, cores, GPU and threads."""
    cpu, cores, gpu, threads = (environment.get(name) for name in _MACHINE)
    parts = [
        str(cpu or "unknown processor"),
        *(count(n, word) if n else f"unknown {word}s" for n, word in ((cores, "core"), (threads, "thread"))),
    ]
    return ", ".join([*parts, *([str(gpu)] if gpu else [])])


def folders_in(results: Path) -> list[Path]:
    """The runs in a folder, also those in folders of it, such as archives. Raises UsageError if there is none."""
    found = sorted({file.parent for depth in ("*", "*/*") for file in results.glob(f"{depth}/{runs.META_NAME}")})
    if not found:
        raise UsageError(f"there is no run in {results}; make one with `convcost sweep`, or name run folders")
    return found


def read(folders: Sequence[Path], machine: str | None = None) -> Timeline:
    """The runs of one machine: that whose key contains `machine`, by default that of the newest run.

    A run that cannot be read is left out, and said; so are the sides of duets, whose code or libraries are not those of
    the machine. Raises UsageError if no run is left, or if `machine` fits none or several.
    """
    read_runs, left_out = _read_all(folders)
    if not read_runs:
        raise UsageError(f"none of {len(folders)} runs can be read; the first: {left_out[0] if left_out else 'none'}")
    read_runs.sort(key=lambda run: (run.created_utc, run.path))
    key = _chosen([machine_key(run.environment) for run in read_runs], machine)
    chosen = [run for run in read_runs if machine_key(run.environment) == key]
    others: dict[str, int] = {}
    for run in read_runs:
        if (other := machine_key(run.environment)) != key:
            others[other] = others.get(other, 0) + 1
    rows, logs = _table(chosen)
    return Timeline(key, tuple(chosen), rows, logs, tuple(left_out), others)


def _read_all(folders: Sequence[Path]) -> tuple[list[ComparedRun], list[str]]:
    found, left_out = [], []
    for folder in folders:
        try:
            if "duet" in runs.read_meta(folder):
                left_out.append(f"{folder} is a side of a duet")
                continue
            run = sides.read(folder)
        except (UsageError, InfrastructureError) as error:
            left_out.append(str(error))
            continue
        if np.isfinite(run.figures[TIME].value).any():
            found.append(run)
        else:
            left_out.append(f"{folder} has no row with a time")
    return found, left_out


def _chosen(keys: Sequence[str], machine: str | None) -> str:
    """The key of the wanted machine."""
    known = list(dict.fromkeys(keys))
    if machine is None:
        return keys[-1]
    fitting = [key for key in known if machine.lower() in key.lower()]
    if len(fitting) == 1:
        return fitting[0]
    raise UsageError(
        f"--machine {machine!r} fits {len(fitting)} machines; give a part of one of these: {'; '.join(known)}"
    )


def _table(chosen: Sequence[ComparedRun]) -> tuple[tuple[_Row, ...], np.ndarray]:
    """The rows of all runs, and their times as logarithms."""
    places: dict[_Row, int] = {}
    for run in chosen:
        for row in zip(*(run.rows[name] for name in KEYS), strict=True):
            places.setdefault(row, len(places))
    logs = np.full((len(chosen), len(places)), np.nan)
    for number, run in enumerate(chosen):
        keys = zip(*(run.rows[name] for name in KEYS), strict=True)
        columns = [places[row] for row in keys]
        logs[number, columns] = run.figures[TIME].value
    timed = np.isfinite(logs).any(axis=0)
    return tuple(row for row, is_timed in zip(places, timed, strict=True) if is_timed), logs[:, timed]
