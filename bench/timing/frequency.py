"""Reads clock frequencies and throttle reasons right after a sample, never inside it.

The CPU's come from its frequency driver (virtual machines have none), NVIDIA's from the management library. Values
that cannot be read are None.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_CPUS = Path("/sys/devices/system/cpu")
_HZ_PER_KHZ, _HZ_PER_MHZ = 1e3, 1e6
# Bits of nvmlDeviceGetCurrentClocksEventReasons (nvml.h) that slow a kernel down. An idle GPU and clocks set by a user
# (1 gpu_idle, 2 applications_clocks, 0x100 display_clock) are not listed.
_THROTTLING = {
    0x4: "power-cap",
    0x8: "hardware",
    0x10: "sync-boost",
    0x20: "thermal",
    0x40: "hardware-thermal",
    0x80: "power-brake",
}
# Drivers before 535 have the second name.
_REASONS = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")


class Clocks(NamedTuple):
    """Columns of bench.timing.evidence.Evidence; `throttle_reasons` is empty when nothing throttles."""

    frequency_hz: float | None = None
    sm_clock_hz: float | None = None
    throttle_reasons: tuple[str, ...] | None = None


Read = Callable[[], Clocks]


def reader_for(device: str) -> Read:
    """A function that reads the clocks of a device; values that cannot be read are None."""
    return _nvidia() if device == "cuda" else _cpu()


def _cpu() -> Read:
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    files = [_CPUS / f"cpu{number}" / "cpufreq" / "scaling_cur_freq" for number in allowed]
    return lambda: Clocks(frequency_hz=mean_frequency_hz(files))


def mean_frequency_hz(files: Sequence[Path]) -> float | None:
    """The mean of the frequencies in these files (each in kHz), in Hz; None unless all can be read."""
    try:
        known = [int(file.read_text()) * _HZ_PER_KHZ for file in files]
    except (OSError, ValueError):
        # There is no driver, or its file holds "<unknown>".
        return None
    return sum(known) / len(known) if known else None


def _nvidia() -> Read:
    import pynvml
    import torch

    # By UUID and not by index: torch may see the GPUs in another order, or not all of them.
    return nvidia_reader(pynvml, f"GPU-{torch.cuda.get_device_properties(0).uuid}")


def nvidia_reader(nvml: Any, uuid: str) -> Read:
    """A function that reads the multiprocessors' clock and the throttle reasons of one GPU by `nvml` (pynvml)."""
    try:
        nvml.nvmlInit()
        handle = nvml.nvmlDeviceGetHandleByUUID(uuid)
    except nvml.NVMLError:
        return Clocks

    def read() -> Clocks:
        mhz = _query(nvml, ("nvmlDeviceGetClockInfo",), handle, nvml.NVML_CLOCK_SM)
        bits = _query(nvml, _REASONS, handle)
        return Clocks(
            sm_clock_hz=None if mhz is None else mhz * _HZ_PER_MHZ,
            throttle_reasons=None if bits is None else throttle_reasons(bits),
        )

    return read


def _query(nvml: Any, names: Sequence[str], *given: Any) -> int | None:
    """The result of the first of these functions that the binding and the driver support, else None."""
    for name in names:
        try:
            return int(getattr(nvml, name)(*given))
        except (AttributeError, nvml.NVMLError):
            # This binding, driver or GPU does not support it.
            continue
    return None


def throttle_reasons(bits: int) -> tuple[str, ...]:
    """NVML's bits as words; none if nothing slows the GPU down."""
    return tuple(name for bit, name in _THROTTLING.items() if bits & bit)
