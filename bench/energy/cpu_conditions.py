"""What holds on the processor and bears on its energy: governor, clock, load. Beside every CPU meter's readings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bench.timing.frequency import mean_frequency_hz

_CPUS = Path("/sys/devices/system/cpu")


def cpu_conditions(cpus: Path = _CPUS) -> dict[str, Any]:
    """`governor` (comma-separated if they differ), `clocks_hz` {"cpu": mean} and `load` (runnable tasks, 1 min mean).

    A key is absent where the system does not tell.
    """
    folders = sorted(cpus.glob("cpu[0-9]*/cpufreq"))
    governors = {name for folder in folders if (name := _text(folder / "scaling_governor"))}
    hz = mean_frequency_hz([folder / "scaling_cur_freq" for folder in folders])
    told: dict[str, Any] = {}
    if governors:
        told["governor"] = ",".join(sorted(governors))
    if hz is not None:
        told["clocks_hz"] = {"cpu": hz}
    if hasattr(os, "getloadavg"):
        told["load"] = os.getloadavg()[0]
    return told


def _text(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None
