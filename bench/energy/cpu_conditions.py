"""Reads the conditions that affect the processor's energy: governor, clock, load, heat. For all CPU meters."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bench.timing.frequency import mean_frequency_hz

_CPUS = Path("/sys/devices/system/cpu")
# The number of slow-downs for heat of each core and its package since boot (Intel).
_THROTTLES = ("core_throttle_count", "package_throttle_count")


def cpu_conditions(cpus: Path = _CPUS) -> dict[str, Any]:
    """The conditions now, by name; a value that the system does not report is left out.

    `governor` (comma-separated if they differ), `clocks_hz` {"cpu": mean}, `load` (runnable tasks, 1 min mean) and
    `throttle_count` (slow-downs for heat, summed over all processors; only a rise has a meaning).
    """
    folders = sorted(cpus.glob("cpu[0-9]*/cpufreq"))
    governors = {name for folder in folders if (name := _text(folder / "scaling_governor"))}
    hz = mean_frequency_hz([folder / "scaling_cur_freq" for folder in folders])
    found: dict[str, Any] = {}
    if governors:
        found["governor"] = ",".join(sorted(governors))
    if hz is not None:
        found["clocks_hz"] = {"cpu": hz}
    if hasattr(os, "getloadavg"):
        found["load"] = os.getloadavg()[0]
    counts = [_text(file) for name in _THROTTLES for file in cpus.glob(f"cpu[0-9]*/thermal_throttle/{name}")]
    known = [int(count) for count in counts if count is not None and count.isdecimal()]
    if known:
        found["throttle_count"] = sum(known)
    return found


def _text(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None
