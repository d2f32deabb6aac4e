"""Every source of joules that there could be, best first. What is behind bench.energy.meters()."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.energy import nvml, rapl_perf, rapl_powercap, sockets
from bench.energy.looking import look_for
from bench.energy.meter import MEASURED, Found
from bench.energy.model import ModelMeter, PowerModel
from bench.energy.perf_event import perf_event_open

__all__ = ["MEASURED", "choose", "meters"]


def meters(
    model: PowerModel | None = None,
    *,
    uuid: str | None = None,
    pynvml: Any = None,
    perf: Path = rapl_perf.ROOT,
    open_event: rapl_perf.Open = perf_event_open,
    powercap: Path = rapl_powercap.ROOT,
    open_file: rapl_powercap.Open = os.open,
) -> tuple[Found, ...]:
    """Every source, there or not, in order of preference.

    `model` replaces what the table of sockets says of this processor; `uuid` is the GPU's, torch's device 0 by
    default. The rest is for worlds other than this machine. Nothing is raised.
    """
    return (
        *nvml.find(uuid, pynvml),
        rapl_perf.find(perf, open_event),
        rapl_powercap.find(powercap, open_file),
        look_for("model", "cpu", "model", lambda: ModelMeter(model or sockets.here())),
    )


def choose(device: str, found: Iterable[Found]) -> Found | None:
    """The best source that is there and measures this device (cpu or cuda); None if only a model is left."""
    fitting = (f for f in found if f.available and f.device == device and f.method in MEASURED)
    return next(fitting, None)
