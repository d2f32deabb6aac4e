"""Reads the energy counter of an NVIDIA GPU, and detects this counter and the power integral."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.energy.accumulator import Accumulator
from bench.energy.availability import detect
from bench.energy.meter import Found, Method, Reading
from bench.energy.nvml_device import GAIN_REL, Device, device_conditions, open_device
from bench.energy.nvml_power import open_power

_J_PER_MJ = 1e-3


class CounterMeter:
    """Reads nvmlDeviceGetTotalEnergyConsumption (millijoules since the driver was loaded), counted from opening."""

    source, method, device = "nvml", Method.COUNTER, "cuda"
    gain_rel: float | None = GAIN_REL

    def __init__(self, gpu: Device, clock: Callable[[], float] = time.perf_counter) -> None:
        self._gpu = gpu
        self._clock = clock
        # Try the call instead of checking the architecture: some boards of a supporting generation do not answer.
        time_s, millijoules = self._query()
        self._joules = Accumulator(f"NVML energy of {gpu.name}", millijoules, time_s, _J_PER_MJ)

    @property
    def scopes(self) -> tuple[str, ...]:
        return (self._gpu.scope,)

    def read(self) -> Reading:
        """Read the counter. Raises MeterError if it ran backwards, stands still, or the driver refuses."""
        time_s, millijoules = self._query()
        return Reading(time_s, {self._gpu.scope: self._joules.add(millijoules, time_s)})

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.nvml_device.device_conditions."""
        return device_conditions(self._gpu)

    def close(self) -> None:
        self._gpu.close()

    def _query(self) -> tuple[float, int]:
        before_s = self._clock()
        millijoules = int(self._gpu.query("nvmlDeviceGetTotalEnergyConsumption"))
        # The driver answered between the two times.
        return (before_s + self._clock()) / 2, millijoules


def open_counter(
    uuid: str | None = None, nvml: Any = None, clock: Callable[[], float] = time.perf_counter
) -> CounterMeter:
    """The energy counter of the GPU with this UUID, by default torch's device 0. Raises Unavailable."""
    gpu = open_device(uuid, nvml)
    try:
        return CounterMeter(gpu, clock)
    except BaseException:
        gpu.close()
        raise


def find(uuid: str | None = None, nvml: Any = None) -> tuple[Found, Found]:
    """Detect the counter and the power integral."""
    return (
        detect("nvml", "cuda", Method.COUNTER, lambda: open_counter(uuid, nvml)),
        detect("nvml", "cuda", Method.POWER_INTEGRAL, lambda: open_power(uuid, nvml)),
    )
