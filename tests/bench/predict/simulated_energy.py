"""Rows of a simulated machine whose coefficients are known, with noise, and runs of such rows in a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.calibration.value import Calibration, Level
from bench.energy.executed.model import ExecutedWork
from bench.predict.energy_fit import Coefficient, amounts
from bench.predict.tables.energy_rows import MeasuredWork
from bench.store import journal, runs
from bench.store.schema import Row

TRUE: Mapping[Coefficient, float] = {
    ("idle_w",): 10.0,
    ("flop_j", "AVX512", "fp32"): 1e-10,
    ("flop_j", "AVX512", "fp64"): 3e-10,
    ("byte_j", "L2"): 1e-10,
    ("byte_j", "memory"): 6e-10,
}
NAMES = ("direct", "im2col", "implicit-gemm", "fft", "winograd-f2", "winograd-f4")
LEVELS = (Level("L2", 2**20, 1e11), Level("memory", None, 1e10))
# The working set of a row at a level.
_BYTES = {"L2": 10**5, "memory": 10**8}
META: dict[str, Any] = {
    "energy": {"without": {}, "model": None, "bracket": None},
    "environment": {"microarchitecture": "zen4", "cpu": "Forged 9000", "simd": "AVX512", "gpu": "Forged GPU"},
    "calibration": [Calibration("cpu", 2, (), LEVELS).to_dict()],
}
FIGURE: dict[str, Any] = {
    "method": "counter", "source": "rapl-perf", "scope": "package-0", "net_j": None, "flags": [],
}  # fmt: skip


def simulated(
    cases: int, noise: float = 0.0, *, names: Sequence[str] = NAMES, seed: int = 1, true: Mapping[Any, float] = TRUE
) -> list[MeasuredWork]:
    """Rows of every implementation on so many cases, of 1 to 100 FLOPs a byte; `noise` is a relative deviation.

    Time follows neither FLOPs nor bytes alone, as on a real machine.
    """
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(cases):
        for name in names:
            flops = int(10 ** draw.uniform(7, 9))
            bytes_moved = int(flops / 10 ** draw.uniform(-0.5, 1.5))
            work = ExecutedWork(
                flops / 10 ** draw.uniform(10.5, 11.5),
                2,
                "AVX512",
                str(draw.choice(["fp32", "fp64"])),
                flops,
                str(draw.choice(["L2", "memory"])),
                bytes_moved,
            )
            joules = sum(true[coefficient] * amount for coefficient, amount in amounts(work).items())
            found.append(MeasuredWork(name, work, joules * (1 + noise * draw.standard_normal())))
    return found


def row_of(measured: MeasuredWork, case_key: str, **changes: Any) -> Row:
    """A row that executes this work."""
    work = measured.work
    given: dict[str, Any] = {
        "case_key": case_key, "descriptor": "mb1ic4ih8oc4kh3ph1", "implementation": measured.implementation,
        "precision": work.precision, "threads": work.threads, "time_s": work.time_s, "direct_flops": work.flops,
        "executed_flops": work.flops, "bytes_moved": work.bytes_moved, "workspace_bytes": 0,
        "compulsory_bytes": _BYTES[work.level],
    }  # fmt: skip
    return Row(**{**given, **changes})


def run_of(
    folder: Path,
    rows: Sequence[MeasuredWork],
    *,
    meta: Mapping[str, Any] = META,
    figure: Mapping[str, Any] | None = FIGURE,
    **changes: Any,
) -> Path:
    """A run of simulated rows with figures of their joules; `changes` are columns of all rows.

    Without a `figure` nothing was measured.
    """
    made = runs.create(folder, "simulated", dict(meta))
    width = len({row.implementation for row in rows})
    for start in range(0, len(rows), width):
        key, case = f"case {start}", rows[start : start + width]
        journal.append(made, {"key": key, "rows": [row_of(r, key, **changes).as_record() for r in case], "samples": {}})
        if figure is not None:
            figures = {row.implementation: [{**figure, "gross_j": row.joules}] for row in case}
            journal.append(made, {"key": key, "energy": figures, "processes": []})
    return made
