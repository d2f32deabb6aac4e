"""The protocol of energy meters and its values. No sensor is opened here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable


class Method(StrEnum):
    """The way in which a figure of energy was obtained."""

    COUNTER = "counter"  # an energy counter
    POWER_INTEGRAL = "power_integral"  # sampled power, integrated over time
    MODEL = "model"  # time × an assumed power, or what was executed × fitted coefficients: `source` tells them apart
    BRACKET = "bracket"  # time × a low and a high power of machines of the same class: a range, never a value
    UNAVAILABLE = "unavailable"  # the figure is null


# The methods that use a sensor.
MEASURED = (Method.COUNTER, Method.POWER_INTEGRAL)
# The scope that sums all packages of a machine with several, and the prefix of the scopes of single packages.
PACKAGES, PACKAGE = "packages", "package-"
# The scopes that hold all others of their machine, its graphics card included: nothing may be added to them. `system`
# is a sensor inside the machine, `battery` what its batteries give, `wall` what the socket in the wall gives, `module`
# what a module of processor and GPU takes (NVIDIA Jetson, GH200), and `cpu-gpu-ane` these three parts of an Apple chip.
SYSTEM, BATTERY, WALL, MODULE, CPU_GPU_ANE = WHOLE = ("system", "battery", "wall", "module", "cpu-gpu-ane")


class MeterError(Exception):
    """A reading failed: no permission, a vanished sensor, a counter that ran backwards, a driver that refused.

    The text is shown to readers as the reason why energy is null.
    """


@dataclass(frozen=True, slots=True)
class Reading:
    """Joules of each scope since the meter was opened, never decreasing, at a time of time.perf_counter().

    `lost` holds the reasons for scopes (never the first) that can no longer be read.
    """

    time_s: float
    joules: Mapping[str, float]
    lost: Mapping[str, str] = field(default_factory=dict)


class Meter(Protocol):
    """An open source of readings.

    `source` is its name (nvml, rapl-perf, rapl-powercap, hwmon, powermetrics, wall-meter, battery, model), `device` is
    cpu or cuda.
    `scopes` are the parts that it measures (package-0, dram-0, gpu-board …); candidates are ranked by the first.
    `gain_rel` is the relative standard uncertainty of its scale, which cancels in ratios on one device; None if none is
    published.
    """

    @property
    def source(self) -> str: ...
    @property
    def method(self) -> Method: ...
    @property
    def device(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def gain_rel(self) -> float | None: ...

    def read(self) -> Reading:
        """Read the counters now, within microseconds and without waiting. Raises MeterError."""
        ...

    def conditions(self) -> dict[str, Any]:
        """The conditions now that affect energy, JSON-ready; unknown ones are left out. Raises MeterError.

        Names: clocks_hz, p_state, throttle_reasons, temperature_c, power_limit_w, governor, load, throttle_count …
        """
        ...

    def close(self) -> None:
        """Close files and stop threads."""
        ...


@runtime_checkable
class Slow(Protocol):
    """A meter whose values may stand still for up to `still_s` seconds without a fault: longer than those of most."""

    @property
    def still_s(self) -> float: ...


@runtime_checkable
class Delayed(Protocol):
    """A meter whose values arrive late, by a delay that it measures before the first window."""

    def synchronise(self, sleep: Callable[[float], None]) -> None:
        """Measure the delay, with a load of its own on the processor, for about a minute. Raises MeterError."""
        ...


def counted(scope: str, scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes with their own counters that a scope consists of: all packages for `packages`, else itself."""
    return tuple(s for s in scopes if s.startswith(PACKAGE)) if scope == PACKAGES else (scope,)


def with_sum(joules: Mapping[str, float]) -> dict[str, float]:
    """The joules by scope, on a machine with several packages with their sum `packages` before them."""
    packages = [value for scope, value in joules.items() if scope.startswith(PACKAGE)]
    return {PACKAGES: sum(packages), **joules} if len(packages) > 1 else dict(joules)


@dataclass(frozen=True, slots=True)
class Found:
    """The result of looking for a source: `open` opens it, or `why_not` and `remedy` explain why it is missing.

    `is_asked_for` is whether the user asked for it (bench.energy.asked); None for a source that needs no asking.
    """

    source: str
    device: str
    method: Method
    scopes: tuple[str, ...] = ()
    why_not: str | None = None
    remedy: str | None = None
    open: Callable[[], Meter] | None = field(default=None, repr=False, compare=False)
    is_asked_for: bool | None = None

    @property
    def available(self) -> bool:
        return self.why_not is None
