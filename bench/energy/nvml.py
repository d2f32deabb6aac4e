"""The energy counter of an NVIDIA GPU, and where to find it and the integral of its power."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.energy.accumulator import Accumulator
from bench.energy.looking import look_for
from bench.energy.meter import Found, Reading
from bench.energy.nvml_device import GAIN_REL, Device, device_conditions, open_device
from bench.energy.nvml_power import open_power

_J_PER_MJ = 1e-3


class CounterMeter:
    """nvmlDeviceGetTotalEnergyConsumption, in millijoules since the driver was loaded, from this opening on."""

    source, method, device = "nvml", "counter", "cuda"
    gain_rel: float | None = GAIN_REL

    def __init__(self, gpu: Device, clock: Callable[[], float] = time.perf_counter) -> None:
        self._gpu = gpu
        self._clock = clock
        # The call is probed and not the architecture: some boards of a generation that has it do not answer.
        time_s, millijoules = self._ask()
        self._joules = Accumulator(f"NVML energy of {gpu.name}", millijoules, time_s, _J_PER_MJ)

    @property
    def scopes(self) -> tuple[str, ...]:
        return (self._gpu.scope,)

    def read(self) -> Reading:
        """The counter now. Raises MeterError if it ran backwards, stands still, or the driver refuses."""
        time_s, millijoules = self._ask()
        return Reading(time_s, {self._gpu.scope: self._joules.add(millijoules, time_s)})

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.nvml_device.device_conditions."""
        return device_conditions(self._gpu)

    def close(self) -> None:
        self._gpu.close()

    def _ask(self) -> tuple[float, int]:
        before_s = self._clock()
        millijoules = int(self._gpu.ask("nvmlDeviceGetTotalEnergyConsumption"))
        # The driver answered some time in between.
        return (before_s + self._clock()) / 2, millijoules


def open_counter(
    uuid: str | None = None, nvml: Any = None, clock: Callable[[], float] = time.perf_counter
) -> CounterMeter:
    """The energy counter of the GPU of that UUID, else of torch's device 0. Raises bench.energy.looking.Unavailable."""
    gpu = open_device(uuid, nvml)
    try:
        return CounterMeter(gpu, clock)
    except BaseException:
        gpu.close()
        raise


def find(uuid: str | None = None, nvml: Any = None) -> tuple[Found, Found]:
    """The counter and the power integral, each there or not."""
    return (
        look_for("nvml", "cuda", "counter", lambda: open_counter(uuid, nvml)),
        look_for("nvml", "cuda", "power_integral", lambda: open_power(uuid, nvml)),
    )
