"""pyperf's JSON, format 1.0: a benchmark for each timed row, a run for each process, values in seconds.

Source: pyperf documentation, "pyperf JSON" and "Benchmark metadata" (psf/pyperf). `python -m pyperf compare_to`,
`stats` and `hist` read it. A value is the time of one call, as there; samples that were flagged as disturbed are
included, since the format has no place for flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.store.entering import text
from bench.store.export.content import Exported, RunContent, TimedRow, left_out, require_timed, write_json
from bench.store.schema import Row, Sample

FORMAT_VERSION = "1.0"
# Columns of a row that pyperf keeps as metadata of a benchmark, under the prefix.
_PREFIX = "convcost_"
_COLUMNS = ("case_key", "implementation", "descriptor", "precision", "layout", "device", "threads", "cache", "provider")
# pyperf's own names of what a run records.
_MACHINE = {
    "hostname": "host", "cpu_model_name": "cpu", "platform": "os", "python_version": "python", "cpu_count": "cores",
}  # fmt: skip
_VERSIONS = ("convcost", "torch", "numpy", "numba")


def write(content: RunContent, to: Path) -> Exported:
    """Write a suite of benchmarks to the file `to`. Raises UsageError without any timed row, OSError."""
    timed = require_timed(content, "pyperf")
    suite = {
        "version": FORMAT_VERSION,
        "metadata": _clean({"unit": "second", **_machine(content)}),
        "benchmarks": [_benchmark(one) for one in timed],
    }
    write_json(to, suite)
    return Exported(to, len(timed), left_out(content, ()))


def benchmark_name(row: Row) -> str:
    """The name of a row's benchmark: it must be unique in a suite, and equal in two runs that are compared."""
    return f"{row.implementation} {row.case_key}"


def _benchmark(timed: TimedRow) -> dict[str, Any]:
    row = timed.row
    own = {_PREFIX + name: getattr(row, name) for name in _COLUMNS}
    return {
        "metadata": _clean({"name": benchmark_name(row), "inner_loops": 1, "loops": row.calls_per_sample, **own}),
        "runs": [_run(process, taken) for process, taken in timed.samples.items()],
    }


def _run(process: int, samples: list[Sample]) -> dict[str, Any]:
    flagged = sum(1 for sample in samples if sample.flags)
    metadata = {_PREFIX + "process": process, _PREFIX + "flagged_values": flagged}
    return {"metadata": metadata, "values": [sample.time_s for sample in samples]}


def _machine(content: RunContent) -> dict[str, Any]:
    environment = content.environment
    created = content.meta.get("created_utc")
    date = f"{datetime.fromisoformat(created):%Y-%m-%d %H:%M:%S}" if created else None
    versions = {f"{name}_version": environment.get(name) for name in _VERSIONS}
    known = {theirs: environment.get(ours) for theirs, ours in _MACHINE.items()}
    return {"date": date, _PREFIX + "run": text(content.name), **known, **versions}


def _clean(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata without missing values: pyperf refuses null, empty texts and texts of several lines."""
    texts = {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in metadata.items()}
    return {name: value for name, value in texts.items() if value not in (None, "")}
