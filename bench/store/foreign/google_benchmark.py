"""Reads JSON of google-benchmark (--benchmark_out_format=json): a file is one process, its repetitions are the samples.

Source: google/benchmark, docs/user_guide.md, "Output Formats" and "Reporting Statistics". `real_time` is taken: time on
the wall, or the manual time of a benchmark that sets it. Aggregates (mean, median, stddev, cv) are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.errors import UsageError
from bench.store.foreign.value import ForeignCase, ForeignRun

PROGRAM = "google-benchmark"
_UNITS_S = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
# What identifies a machine, of the file's context.
_MACHINE = ("host_name", "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled", "library_build_type")


def is_format(data: Any) -> bool:
    """Whether parsed JSON is a report of google-benchmark."""
    return isinstance(data, dict) and isinstance(data.get("context"), dict) and isinstance(data.get("benchmarks"), list)


def read(path: Path, data: Mapping[str, Any]) -> ForeignRun:
    """The benchmarks of a parsed file, each with the samples of its repetitions.

    Raises UsageError for a file of aggregates only; KeyError, TypeError, ValueError or AttributeError for content that
    is not of the format.
    """
    samples: dict[str, list[float]] = {}
    reasons: dict[str, str] = {}
    for line in data["benchmarks"]:
        name = str(line.get("run_name", line["name"]))
        if line.get("error_occurred"):
            reasons[name] = str(line.get("error_message") or "it failed")
        elif line.get("run_type", "iteration") == "iteration":
            samples.setdefault(name, []).append(float(line["real_time"]) * _unit_s(path, line))
    if data["benchmarks"] and not samples and not reasons:
        raise UsageError(
            f"{path} has aggregates only; measure again without --benchmark_report_aggregates_only and "
            "--benchmark_display_aggregates_only"
        )
    # One repetition that failed leaves a benchmark without a time that could be trusted.
    kept = {name: tuple(taken) for name, taken in samples.items() if name not in reasons}
    cases = [ForeignCase(name, (taken,)) for name, taken in kept.items()]
    cases += [ForeignCase(name, (), reason) for name, reason in reasons.items()]
    context = data["context"]
    return ForeignRun(path, PROGRAM, tuple(cases), {name: str(context[name]) for name in _MACHINE if name in context})


def _unit_s(path: Path, line: Mapping[str, Any]) -> float:
    unit = line.get("time_unit", "ns")
    if unit not in _UNITS_S:
        raise UsageError(f"{path} has times in {unit!r}; allowed: {', '.join(_UNITS_S)}")
    return _UNITS_S[unit]
