"""Detects all known energy sources, best first, for bench.energy.meters()."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.energy import nvml, rapl_perf, rapl_powercap
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
) -> tuple[Found, ...]:
    """All energy sources, available or not, in order of preference.

    `model` is the power by the user's own figures; `uuid` is the GPU's, torch's device 0 by default. Tests replace the
    other arguments. Raises nothing.
    """
    return (
        *nvml.find(uuid, pynvml),
        rapl_perf.find(perf, open_event),
        rapl_powercap.find(powercap, open_file),
        detect("model", "cpu", Method.MODEL, lambda: _modelled(model)),
    )


def choose(device: str, found: Iterable[Found]) -> Found | None:
    """The best available source that measures this device (cpu or cuda), None if there is only a model."""
    fitting = (f for f in found if f.available and f.device == device and f.method in MEASURED)
    return next(fitting, None)


def _modelled(model: PowerModel | None) -> ModelMeter:
    if model is None:
        raise Unavailable("no figures of the processor were given", f"give {OPTIONS}")
    return ModelMeter(model)
