"""Simulated runs with the scatter of measured ones and known changes: for the error and power of comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.compare.quantities import QUANTITIES, TIME
from bench.compare.sides import ABOUT, ComparedRun, RowFigures, of_processes
from bench.store.process_times import KEYS
from bench.store.status import Status

IMPLEMENTATIONS = (
    "torch", "onednn", "auto", "direct", "fft", "fft-tiled", "im2col", "implicit-gemm", "loops", "winograd-f4",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunScatter:
    """Standard deviations of the logarithm of a time, and how alike rows are, as degrees of freedom of a variance.

    `process` is that of one process about its run, `run` that of a row between runs, `implementation` that of all rows
    of an implementation, `hour` that of all rows. The values are those of nine sweeps `quick` of 135 rows within an
    hour on two shared cores (the scatter of a row between runs, what all share left out, is 0.0186 in the middle row)
    and, for hours, of the 22 quiet runs of the committed qualification.
    """

    process: float = 0.028
    process_freedom: float = 3.0
    run: float = 0.008
    run_freedom: float = 4.0
    implementation: float = 0.01
    hour: float = 0.095

    def times(self, factor: float) -> RunScatter:
        """The scatter of a machine that is quieter, or less quiet, by a factor."""
        return RunScatter(
            self.process * factor, self.process_freedom, self.run * factor, self.run_freedom,
            self.implementation * factor, self.hour * factor,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """Rows of one sweep: their implementations, their logarithmic times, and how each scatters."""

    names: tuple[str, ...]
    times: np.ndarray
    process_deviations: np.ndarray
    run_deviations: np.ndarray
    scatter: RunScatter
    processes: int

    @classmethod
    def drawn(cls, rng: np.random.Generator, rows: int, scatter: RunScatter, processes: int = 6) -> Family:
        """So many rows, the implementations in turn."""
        names = tuple(IMPLEMENTATIONS[n % len(IMPLEMENTATIONS)] for n in range(rows))
        return cls(
            names, np.log(1e-4) + rng.normal(0, 1.5, rows),
            _deviations(rng, rows, scatter.process, scatter.process_freedom),
            _deviations(rng, rows, scatter.run, scatter.run_freedom), scatter, processes,
        )  # fmt: skip

    def run(self, rng: np.random.Generator, number: int, changes: np.ndarray | None = None) -> ComparedRun:
        """A run of it; `changes` are added to the logarithms of rows."""
        rows = len(self.names)
        groups = {name: rng.normal(0, self.scatter.implementation) for name in IMPLEMENTATIONS}
        level = self.times + rng.normal(0, self.scatter.hour) + np.array([groups[name] for name in self.names])
        level = level + rng.normal(0, 1, rows) * self.run_deviations + (0.0 if changes is None else changes)
        logs = level[:, None] + rng.normal(0, 1, (rows, self.processes)) * self.process_deviations[:, None]
        return made_run(f"run-{number}", self.names, np.exp(logs))


def _deviations(rng: np.random.Generator, rows: int, middle: float, freedom: float) -> np.ndarray:
    """Standard deviations of rows whose variances are scaled inverse chi-square (Smyth 2004, section 3)."""
    return np.asarray(middle * np.sqrt(freedom / rng.chisquare(freedom, rows)))


def made_run(path: str, names: tuple[str, ...], times_s: np.ndarray, **meta: object) -> ComparedRun:
    """A run from the time of each row in each process (rows × processes); the rows of an implementation are cases."""
    cases, (rows, count) = _numbered(names), times_s.shape
    about: dict[str, Sequence[str | None]] = {name: [None] * rows for name in (*KEYS, *ABOUT)}
    about |= {"case_key": cases, "implementation": names, "descriptor": cases, "status": [Status.OK.value] * rows}
    nothing = RowFigures(np.full(rows, np.nan), np.full(rows, np.nan), np.zeros(rows))
    places, process = np.repeat(np.arange(rows), count), np.tile(np.arange(count), rows)
    figures = dict.fromkeys(QUANTITIES, nothing) | {TIME: of_processes(rows, places, process, np.log(times_s.ravel()))}
    return ComparedRun(path, {"finished_utc": "2026-01-01T00:00:00Z", **meta}, about, figures)


def _numbered(names: tuple[str, ...]) -> list[str]:
    """A case for each row, so that an implementation has each case once."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, -1) + 1
        found.append(f"case-{seen[name]}")
    return found
