"""Reads the energy and the power of processors from /sys/class/hwmon: AMD's amd_energy and amd_hsmp, and others.

The energy of a package is a counter; its power is sampled and integrated, where there is no power the product of
voltage and current. bench.energy.hwmon_channels says which
channels belong to which package.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from bench.energy.availability import Unavailable, detect
from bench.energy.background import Background, PowerIntegrals
from bench.energy.cpu_conditions import cpu_conditions
from bench.energy.hwmon_channels import AMD_ENERGY, ENERGY, POWER, ROOT, TOPOLOGY, Channel, Sensors, find_sensors
from bench.energy.meter import Found, MeterError, Method, Reading, with_sum
from bench.energy.rapl import Counters

_J_PER_UJ = _W_PER_UW = 1e-6
_NUMBER_BYTES = 32
# The counters of amd_energy are registers of 32 bits in units of 2⁻¹⁶ J, which wrap around after 2¹⁶ J. Where the
# driver adds up the wraps, it counts on beyond that and never falls.
_AMD_RANGE_UJ = 2**16 * 10**6
# A driver asks the firmware for each value, which takes up to a millisecond: 2 % of this.
_INTERVAL_S = 0.05

Open = Callable[[Path, int], int]
# The open files of one channel, whose product is its value.
_Descriptors = tuple[int, ...]
Clock = Callable[[], float]


class HwmonCounter:
    """Keeps the file of each package's energy open; scopes package-0, package-1 …, and before them their sum."""

    source, method, device = "hwmon", Method.COUNTER, "cpu"
    # No uncertainty of its scale is published.
    gain_rel: float | None = None

    def __init__(self, sensors: Sensors, opening: Open = os.open, clock: Clock = time.perf_counter) -> None:
        self._clock = clock
        self._driver = sensors.driver
        self._counters = Counters(sensors.driver)
        range_uj = _AMD_RANGE_UJ if sensors.driver == AMD_ENERGY else None
        with ExitStack() as undo:
            for scope, descriptors in _opened(sensors, opening, undo).items():
                counted = partial(self._counted, scope, descriptors)
                self._counters.add(scope, counted, _J_PER_UJ, range_uj)
            # All are open: from here on close() closes them.
            self._files = undo.pop_all()

    @property
    def scopes(self) -> tuple[str, ...]:
        return self._counters.scopes

    def read(self) -> Reading:
        """See bench.energy.rapl.Counters.read."""
        return self._counters.read(self._clock)

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.cpu_conditions; plus `sensor`, the driver."""
        return {**cpu_conditions(), "sensor": self._driver}

    def close(self) -> None:
        self._files.close()

    def _counted(self, scope: str, descriptors: _Descriptors) -> tuple[float, int]:
        microjoules = _number(descriptors, f"{self._driver} {scope}")
        return self._clock(), microjoules


class HwmonPower:
    """Samples the power of each package in the background; scopes as those of HwmonCounter, or `system`.

    On NVIDIA Jetson they are `cpu-rail` (or `cpu-gpu-rail`, where the GPU is on it) and `module`, which holds it.

    A channel that averages over longer than the sampling interval is sampled once in that time.
    """

    source, method, device = "hwmon", Method.POWER_INTEGRAL, "cpu"
    # No uncertainty of its scale is published.
    gain_rel: float | None = None

    def __init__(
        self,
        sensors: Sensors,
        opening: Open = os.open,
        clock: Clock = time.perf_counter,
        interval_s: float = _INTERVAL_S,
    ) -> None:
        self._driver = sensors.driver
        self._scopes = tuple(with_sum(dict.fromkeys(sensors.channels, 0.0)))
        averages = (channel.average_s for channel in sensors.channels.values() if channel.average_s is not None)
        with ExitStack() as undo:
            descriptors = _opened(sensors, opening, undo)
            integrals = PowerIntegrals(sensors.driver, lambda: _watts(self._driver, descriptors), clock)
            self._background = Background(sensors.driver, integrals.take, max(interval_s, *averages, 0.0), clock)
            # All are open: from here on close() closes them.
            self._files = undo.pop_all()

    @property
    def scopes(self) -> tuple[str, ...]:
        return self._scopes

    def read(self) -> Reading:
        """See bench.energy.background.Background.read."""
        return self._background.read()

    def step(self) -> None:
        """Take one sample, as the thread in the background does. Raises MeterError."""
        self._background.step()

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.cpu_conditions; plus `sensor`, the driver."""
        return {**cpu_conditions(), "sensor": self._driver}

    def close(self) -> None:
        self._background.close()
        self._files.close()


def find(root: Path = ROOT, opening: Open = os.open, topology: Path = TOPOLOGY) -> tuple[Found, Found]:
    """Detect the counters and the power integrals."""
    return (
        detect("hwmon", "cpu", Method.COUNTER, lambda: HwmonCounter(find_sensors(ENERGY, root, topology), opening)),
        detect("hwmon", "cpu", Method.POWER_INTEGRAL, lambda: HwmonPower(find_sensors(POWER, root, topology), opening)),
    )


def _opened(sensors: Sensors, opening: Open, undo: ExitStack) -> dict[str, _Descriptors]:
    """The descriptors of each scope's files; `undo` closes them. Raises Unavailable."""
    found: dict[str, _Descriptors] = {}
    for scope, channel in sensors.channels.items():
        for file in channel.files:
            try:
                descriptor = opening(file, os.O_RDONLY)
            except PermissionError:
                raise _forbidden(sensors.driver, sensors.channels.values()) from None
            except OSError as error:
                raise Unavailable(f"the sensor {file} cannot be opened: {error.strerror}") from None
            undo.callback(os.close, descriptor)
            found[scope] = (*found.get(scope, ()), descriptor)
    return found


def _forbidden(driver: str, channels: Iterable[Channel]) -> Unavailable:
    files = " ".join(str(file) for channel in channels for file in channel.files)
    why = ", because they can reveal secrets (CVE-2020-12912)" if driver == AMD_ENERGY else ""
    return Unavailable(
        f"only root may read the sensors of {driver}{why}",
        f"sudo chmod a+r {files} (until the driver is loaded again)",
    )


def _watts(driver: str, descriptors: Mapping[str, _Descriptors]) -> dict[str, float]:
    return {scope: _number(files, f"{driver} {scope}") * _W_PER_UW for scope, files in descriptors.items()}


def _number(descriptors: _Descriptors, label: str) -> int:
    try:
        return math.prod(int(os.pread(descriptor, _NUMBER_BYTES, 0)) for descriptor in descriptors)
    except (OSError, ValueError) as error:
        # The driver was unloaded, or all processors of the package are offline.
        raise MeterError(f"the sensor {label} can no longer be read: {error}") from None
