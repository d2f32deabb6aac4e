"""What a source of energy readings is, whichever it is. Values and a protocol; no sensor is touched here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

# Methods whose joules come from a sensor. Besides, there are "model", and "unavailable" of a figure that is null.
MEASURED = ("counter", "power_integral")
# The scope that adds up all packages of a machine with several, and how the scopes of its parts begin.
PACKAGES, PACKAGE = "packages", "package-"


class MeterError(Exception):
    """A reading failed: no permission, the sensor vanished, the counter ran backwards, the driver refused.

    Its text is for the reader and becomes the reason why energy is null.
    """


@dataclass(frozen=True, slots=True)
class Reading:
    """Joules of each scope since the meter was opened, never falling, at a moment of time.perf_counter().

    `lost` says why a scope beside the first is not among them any more.
    """

    time_s: float
    joules: Mapping[str, float]
    lost: Mapping[str, str] = field(default_factory=dict)


class Meter(Protocol):
    """An open source of readings.

    `source` is its name (nvml, rapl-perf, rapl-powercap, model), `device` what it measures (cpu or cuda), `scopes` of
    what a reading tells (package-0, dram-0, gpu-board …), first the one that candidates are ranked by, `gain_rel` the
    relative standard uncertainty of its scale, which cancels in ratios on one device; None where nobody published one.
    """

    @property
    def source(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def gain_rel(self) -> float | None: ...

    def read(self) -> Reading:
        """The counters now, in microseconds and without waiting. Raises MeterError."""
        ...

    def conditions(self) -> dict[str, Any]:
        """What holds now and bears on energy, JSON-ready: clocks_hz, p_state, throttle_reasons, temperature_c,
        power_limit_w, governor, load, throttle_count …; a key is absent where it cannot be known. Raises MeterError."""
        ...

    def close(self) -> None:
        """Give back files and threads."""
        ...


def counted(scope: str, scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes with counters of their own that a scope comes to: the packages for `packages`, else itself alone."""
    return tuple(s for s in scopes if s.startswith(PACKAGE)) if scope == PACKAGES else (scope,)


@dataclass(frozen=True, slots=True)
class Found:
    """A source that was looked for: there, with a way to open it, or not, with why and what to type to get it."""

    source: str
    device: str
    method: str
    scopes: tuple[str, ...] = ()
    why_not: str | None = None
    remedy: str | None = None
    open: Callable[[], Meter] | None = field(default=None, repr=False, compare=False)

    @property
    def available(self) -> bool:
        return self.why_not is None
