"""Reads how much two runs differ on this machine, from the newest file of `convcost qualify`."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.bounds import json_value
from bench.compare.shared import RunThreshold


def difference_between_runs(results: Path, device: str, column: str = "time_s") -> float | None:
    """The relative difference of a shown figure between two runs that chance explains in 95 % of rows.

    From results/qualify, of this machine and device; None if there is none. Files of earlier formats, of another
    machine, without two runs, or damaged are passed over: the figure is a note beside a result, not a part of it.
    """
    found = threshold_between_runs(results, platform.node(), device, column)
    return None if found is None else found.relative


def threshold_between_runs(results: Path, host: str, device: str, column: str = "time_s") -> RunThreshold | None:
    """The same of any host, with the number of quiet runs that it is of, as comparisons use it."""
    for found in _newest_first(results / "qualify"):
        if found.get("device") == device and (found.get("environment") or {}).get("host") == host:
            value = (((found.get("threshold") or {}).get(column) or {}).get("p95") or {}).get("value")
            quiet = {run.get("run") for run in found.get("runs") or () if run.get("condition") == "quiet"}
            if value is not None:
                return RunThreshold(float(value), len(quiet))
    return None


def _newest_first(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.json"), reverse=True):
        try:
            found = json_value(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict) and str(found.get("format_version", "")).startswith("2."):
            yield found
