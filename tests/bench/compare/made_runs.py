"""Run folders with made-up times: a sweep of some cases by some implementations, and what a test changes in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.store import journal, runs
from bench.store.schema import Row
from bench.store.status import Status

CASES = tuple(f"mb1ic{n}ih28oc64kh3ph1" for n in (8, 16, 32, 64, 128, 256))
NAMES = ("torch", "onednn", "direct", "fft", "im2col", "winograd-f4", "loops")
ENVIRONMENT = {"host": "testbed", "cpu": "Example CPU", "threads": 2, "torch": "2.13.0", "memory_bytes": 10**10}
PROCESSES = 6

# The factor on the time of a row, by its descriptor and implementation.
Factor = Callable[[str, str], float]


def case_key(descriptor: str, threads: int = 2) -> str:
    return f"{descriptor}|nobias|fp32|nchw|forward|cpu|threads{threads}|warm"


def write_run(
    results: Path,
    seed: int,
    *,
    factor: Factor = lambda descriptor, name: 1.0,
    statuses: Mapping[tuple[str, str], Status] | None = None,
    every: Status = Status.OK,
    scatter: float = 0.002,
    threads: int = 2,
    cases: tuple[str, ...] = CASES,
    columns: Mapping[str, Any] | None = None,
    energy_j: Callable[[str, str], float] | None = None,
    **meta: Any,
) -> Path:
    """Write a run; rows differ by three decades, and each process by `scatter`, as a logarithm."""
    rng = np.random.default_rng(seed)
    given: dict[str, Any] = {
        "environment": {**ENVIRONMENT, "threads": threads}, "created_utc": f"2026-01-01T{seed % 24:02}:00:00Z",
        "finished_utc": "2026-01-02T00:00:00Z", "wall_s": 120.0 + seed,
        "configuration": {"max_seconds": 5.0, "seed": 0},
    }  # fmt: skip
    folder = runs.create(results, "made", {key: value for key, value in (given | meta).items() if value is not None})
    for place, descriptor in enumerate(cases):
        key, rows, samples = case_key(descriptor, threads), [], {}
        for number, name in enumerate(NAMES):
            status = (statuses or {}).get((descriptor, name), every)
            time_s = 1e-4 * 2**place * 1.5**number * factor(descriptor, name)
            taken = time_s * np.exp(rng.normal(0, scatter, PROCESSES))
            fine = status is Status.OK
            row = Row(case_key=key, descriptor=descriptor, implementation=name, status=status, threads=threads)
            figures = {"time_s": float(np.median(taken)), "peak_bytes": 10**6, "error_rms": 1e-7, "plan_s": 1e-3}
            rows.append(replace(row, **(figures | dict(columns or {}) if fine else {"reason": "a reason"})).as_record())
            if fine:
                samples[name] = {"process": list(range(PROCESSES)), "time_s": taken.tolist()}
        journal.append(folder, {"key": key, "rows": rows, "samples": samples, "spent_s": 1.0})
        if energy_j is not None:
            joules = {name: energy_j(descriptor, name) * float(np.exp(rng.normal(0, scatter))) for name in NAMES}
            measured = {name: [_figures_of_energy(gross_j)] for name, gross_j in joules.items()}
            journal.append(folder, {"key": key, "energy": measured, "processes": [], "spent_s": 1.0})
    return folder


def _figures_of_energy(gross_j: float) -> dict[str, Any]:
    return {
        "scope": "package-0", "method": "counter", "source": "rapl-perf", "gross_j": gross_j,
        "gross_u95_j": 0.01 * gross_j, "net_j": gross_j, "u95_j": 0.01 * gross_j, "processes": 3, "flags": [],
    }  # fmt: skip


def slower(name: str, by: float, descriptor: str | None = None) -> Factor:
    """A factor for an implementation, in one case or in all."""
    return lambda own, implementation: by if implementation == name and descriptor in (None, own) else 1.0
