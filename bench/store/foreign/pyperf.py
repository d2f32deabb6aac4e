"""Reads pyperf's JSON, format 1.0: a run of a benchmark is a process, its values are seconds of one call.

Source: pyperf documentation, "pyperf JSON" (psf/pyperf). Values of warm-up and runs that only calibrate are passed
over, as pyperf itself does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.errors import UsageError
from bench.store.foreign.value import ForeignCase, ForeignRun

PROGRAM = "pyperf"
FORMAT_VERSION = "1.0"
_SECONDS = "second"
# pyperf's names of what identifies a machine.
_MACHINE = ("hostname", "cpu_model_name", "platform", "python_version", "cpu_count")


def is_format(data: Any) -> bool:
    """Whether parsed JSON is a suite of pyperf, of any version."""
    return isinstance(data, dict) and "version" in data and isinstance(data.get("benchmarks"), list)


def read(path: Path, data: Mapping[str, Any]) -> ForeignRun:
    """The benchmarks of a parsed file whose unit is seconds; others are named in `passed_over`.

    Raises UsageError for another version of the format; KeyError, TypeError, ValueError or AttributeError for content
    that is not of the format.
    """
    if data["version"] != FORMAT_VERSION:
        raise UsageError(
            f"{path} has pyperf's format {data['version']}; allowed: {FORMAT_VERSION}, which "
            "`python -m pyperf convert` writes"
        )
    common = data.get("metadata") or {}
    found = list(_cases(data["benchmarks"], common))
    machine = {name: str(common[name]) for name in _MACHINE if name in common}
    cases = tuple(case for case in found if isinstance(case, ForeignCase))
    return ForeignRun(path, PROGRAM, cases, machine, tuple(text for text in found if isinstance(text, str)))


def _cases(benchmarks: list[Any], common: Mapping[str, Any]) -> Iterator[ForeignCase | str]:
    """Each benchmark, or the sentence that says why it is passed over."""
    for benchmark in benchmarks:
        # What all runs share stands above them: in the benchmark, or in the suite.
        metadata = {**common, **(benchmark.get("metadata") or {})}
        runs = benchmark["runs"]
        name = str(metadata["name"])
        unit = metadata.get("unit", _SECONDS)
        if unit != _SECONDS:
            yield f"{name}: its unit is {unit}, not {_SECONDS}"
            continue
        by_process = tuple(tuple(map(float, run["values"])) for run in runs if run.get("values"))
        yield ForeignCase(name, by_process, None if by_process else "it has no values")
