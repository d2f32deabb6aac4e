"""A forged model of executed work, and the file of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.energy.executed.form import as_dict
from bench.energy.executed.model import ExecutedModel, ExecutedWork, LeftOutError

ERROR = LeftOutError(0.05, 0.2, 96)
MODEL = ExecutedModel(
    device="cpu",
    microarchitecture="zen4",
    processor="Forged 9000",
    threads=2,
    source="rapl-perf",
    method="counter",
    scope="package-0",
    rows=96,
    implementations=8,
    idle_w=20.0,
    flop_j={"AVX512": {"fp32": 1e-10, "fp64": 3e-10}},
    byte_j={"L2": 1e-10, "memory": 1e-9},
    left_out_error=ERROR,
    left_out_error_by_implementation={"direct": ERROR},
)
# 20 mJ of time, 10 mJ of FLOPs, 2 mJ of bytes.
WORK = ExecutedWork(1e-3, 2, "AVX512", "fp32", 10**8, "L2", 2 * 10**7)


def file_of(folder: Path, **changes: Any) -> Path:
    """A file of the model, with other values at these keys; None removes a key."""
    data = {**as_dict(MODEL), **changes}
    file = folder / "model.json"
    # NaN is no JSON, but Python writes and reads it.
    file.write_text(json.dumps({key: value for key, value in data.items() if value is not None}), encoding="utf-8")
    return file
