"""Detects all known energy sources, best first, for bench.energy.meters()."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.energy import battery, hwmon, hwmon_channels, nvml, powermetrics, rapl_perf, rapl_powercap, wall_meter
from bench.energy.asked import Asked, asked
from bench.energy.availability import Unavailable, detect
from bench.energy.meter import MEASURED, Found, Method
from bench.energy.model import OPTIONS, ModelMeter, PowerModel
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
    hwmons: Path = hwmon_channels.ROOT,
    topology: Path = hwmon_channels.TOPOLOGY,
    supplies: Path = battery.ROOT,
    wanted: Asked | None = None,
    system: str = sys.platform,
) -> tuple[Found, ...]:
    """All energy sources, available or not, in order of preference.

    A meter that the user asks for comes first, then counters in the processor, its sampled power, meters of the whole
    machine, and the model. `model` is the power by the user's own figures; `uuid` is the GPU's, torch's device 0 by
    default; `wanted` is the meter asked for, by default that of the variable CONVCOST_METER. Tests replace the other
    arguments. Raises nothing.
    """
    own = asked() if wanted is None else wanted
    return (
        *nvml.find(uuid, pynvml),
        battery.find(own, supplies),
        wall_meter.find(own),
        rapl_perf.find(perf, open_event),
        rapl_powercap.find(powercap, open_file),
        *hwmon.find(hwmons, open_file, topology),
        *powermetrics.find(system),
        detect("model", "cpu", Method.MODEL, lambda: _modelled(model)),
    )


def choose(device: str, found: Iterable[Found]) -> Found | None:
    """The best available source that measures this device (cpu or cuda), None if there is only a model.

    A meter that the user asked for is never replaced by another: where it is not available, there is none.
    """
    fitting = [f for f in found if f.device == device and f.method in MEASURED]
    asked_for = [f for f in fitting if f.is_asked_for]
    return next((f for f in asked_for or fitting if f.available), None)


def _modelled(model: PowerModel | None) -> ModelMeter:
    if model is None:
        raise Unavailable("no figures of the processor were given", f"give {OPTIONS}")
    return ModelMeter(model)
