"""Integrates the sampled power of an NVIDIA GPU, for GPUs without an energy counter.

Power sensors measure only part of the time (25 of every 100 ms on A100 and H100, "Part-time Power Measurements",
arXiv 2312.02741): a counter is better where there is one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from bench.energy.availability import Unavailable
from bench.energy.background import Integral
from bench.energy.meter import MODULE, MeterError, Method, Reading
from bench.energy.nvml_device import GAIN_REL, Device, device_conditions, open_device, refusal

# At most the 20 to 100 ms between two values of the sensor, so that almost no value is missed.
_INTERVAL_S = 0.02
# A driver that has not answered for this long hangs.
_STALE_S = 2.0
_W_PER_MW = 1e-3
INSTANT, USAGE = "NVML_FI_DEV_POWER_INSTANT", "nvmlDeviceGetPowerUsage"


class PowerMeter:
    """Samples power in the background every `interval_s`; `detail` names the NVML call."""

    source, method, device = "nvml", Method.POWER_INTEGRAL, "cuda"
    gain_rel: float | None = GAIN_REL

    def __init__(
        self, gpu: Device, clock: Callable[[], float] = time.perf_counter, interval_s: float = _INTERVAL_S
    ) -> None:
        self._gpu = gpu
        self._clock = clock
        self._interval_s = interval_s
        self.detail, self._power_w = _power_of(gpu)
        self._integral = Integral(*self._sample())
        self._error: MeterError | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        # A daemon thread: a meter that was not closed must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name="convcost-power", daemon=True)
        self._thread.start()

    @property
    def scopes(self) -> tuple[str, ...]:
        return (self._gpu.scope,)

    def read(self) -> Reading:
        """The integral up to the last sample, without a call of the driver. It moves with each sample, like a counter.

        An integral extended between samples would move with every reading and hide the sampling interval. Raises
        MeterError if sampling failed or hangs.
        """
        with self._lock:
            if self._error is not None:
                raise MeterError(str(self._error))
            now_s = self._clock()
            since_s = now_s - self._integral.time_s
            if since_s > _STALE_S:
                raise MeterError(f"the NVIDIA driver has reported no power for {since_s:.1f} s ({self.detail})")
            return Reading(now_s, {self._gpu.scope: self._integral.joules})

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.nvml_device.device_conditions; plus `power_reading`, the NVML call of the power."""
        return {**device_conditions(self._gpu), "power_reading": self.detail}

    def close(self) -> None:
        if self._stop.is_set():
            return
        self._stop.set()
        # The thread stops between samples; a hanging driver must not hang this call.
        self._thread.join(_STALE_S)
        self._gpu.close()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                self._take()
            except MeterError as error:
                with self._lock:
                    self._error = error
                return

    def _take(self) -> None:
        sample = self._sample()
        with self._lock:
            self._integral.add(*sample)

    def _sample(self) -> tuple[float, float]:
        before_s = self._clock()
        power_w = self._power_w()
        return (before_s + self._clock()) / 2, power_w


def open_power(
    uuid: str | None = None,
    nvml: Any = None,
    clock: Callable[[], float] = time.perf_counter,
    interval_s: float = _INTERVAL_S,
) -> PowerMeter:
    """The power integral of the GPU with this UUID, by default torch's device 0. Raises Unavailable."""
    gpu = open_device(uuid, nvml)
    try:
        return PowerMeter(gpu, clock, interval_s)
    except BaseException:
        gpu.close()
        raise


def _power_of(gpu: Device) -> tuple[str, Callable[[], float]]:
    """The name of the best available NVML call for power, and a function that returns watts."""
    try:
        _instant_w(gpu)
    except MeterError:
        # On Ampere (except GA100) and later this is a mean over a second.
        _usage_w(gpu)
        return USAGE, lambda: _usage_w(gpu)
    return INSTANT, lambda: _instant_w(gpu)


def _instant_w(gpu: Device) -> float:
    nvml = gpu.nvml
    field: Any = getattr(nvml, INSTANT, None)
    if field is None:
        raise Unavailable(f"nvidia-ml-py is too old: it has no {INSTANT}", "pip install --upgrade nvidia-ml-py")
    if gpu.scope == MODULE:
        field = (field, nvml.NVML_POWER_SCOPE_MODULE)
    value = gpu.query("nvmlDeviceGetFieldValues", [field])[0]
    if value.nvmlReturn != nvml.NVML_SUCCESS:
        raise refusal(nvml, nvml.NVMLError(value.nvmlReturn), INSTANT)
    return _watts(int(value.value.uiVal), INSTANT)


def _usage_w(gpu: Device) -> float:
    return _watts(int(gpu.query(USAGE)), USAGE)


def _watts(milliwatts: int, call: str) -> float:
    if milliwatts <= 0:
        # A board that answers draws power, so zero means a missing value.
        raise Unavailable(f"the GPU reports a power of {milliwatts} mW ({call}): it has no power sensor")
    return milliwatts * _W_PER_MW
