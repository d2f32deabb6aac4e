"""Models joules without a sensor as time × an assumed power. They carry no information beyond time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.energy.cpu_conditions import cpu_conditions
from bench.energy.meter import MeterError, Method, Reading
from bench.errors import UsageError
from bench.format import count

OPTIONS = "--cpu-idle-w, --cpu-max-w and --cpu-cores (cores of the socket)"


@dataclass(frozen=True, slots=True)
class PowerModel:
    """The power of a share of a socket, linear from idle to all cores busy.

    `idle_w` and `max_w` are those of all `socket_cores`; `allotted` cores may be used here. `scope` is the hardware
    that the watts cover, `source` their origin. Raises UsageError for impossible values.
    """

    idle_w: float
    max_w: float
    socket_cores: int
    allotted: int
    source: str
    scope: str = "socket-share"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.idle_w) and math.isfinite(self.max_w) and 0 <= self.idle_w <= self.max_w):
            raise UsageError(
                f"idle {self.idle_w:g} W and maximum {self.max_w:g} W of the socket are impossible; allowed: "
                "0 <= --cpu-idle-w <= --cpu-max-w, both finite"
            )
        if self.max_w <= 0:
            raise UsageError(f"a maximum of {self.max_w:g} W is impossible; --cpu-max-w must be above 0")
        if not 1 <= self.allotted <= self.socket_cores:
            allotted, verb = count(self.allotted, "core"), "is" if self.allotted == 1 else "are"
            raise UsageError(
                f"{allotted} {verb} allotted of a socket of {self.socket_cores}; allowed: 1 to the cores of the "
                "socket. With several sockets give the sums of them all with --cpu-idle-w, --cpu-max-w and --cpu-cores"
            )

    @property
    def assumption(self) -> str:
        """The sentence shown beside every modelled figure."""
        return (
            f"Modelled: time × an assumed power ({self.power_w(0):.3g} W idle to {self.power_w(self.allotted):.3g} W "
            f"busy, {self.allotted} of {count(self.socket_cores, 'core')}; {self.source}); "
            "it carries no information beyond time."
        )

    def power_w(self, threads: int) -> float:
        """The power of the allotted cores while `threads` threads are busy, at most one per core."""
        if threads < 0:
            raise UsageError(f"{count(threads, 'thread')} cannot be busy; allowed: 0 or more")
        share = self.allotted / self.socket_cores
        busy = min(threads / self.allotted, 1.0)
        return share * (self.idle_w + busy * (self.max_w - self.idle_w))

    def joules(self, time_s: float, threads: int) -> float:
        """The energy of `threads` busy threads for `time_s` seconds."""
        return time_s * self.power_w(threads)


@dataclass(frozen=True, slots=True)
class SocketPower:
    """The user's own figures of a socket: `cores` cores that take `idle_w` together when idle and `max_w` when busy."""

    idle_w: float
    max_w: float
    cores: int

    def allotted(self, cores: int) -> PowerModel:
        """The model of a run that may use so many of the cores. Raises UsageError for impossible values."""
        return from_options(self.idle_w, self.max_w, self.cores, cores)


def socket_power(cpu_idle_w: float | None, cpu_max_w: float | None, cpu_cores: int | None) -> SocketPower | None:
    """The figures of the options, None if none was given. Raises UsageError if only some were given."""
    if cpu_idle_w is None and cpu_max_w is None and cpu_cores is None:
        return None
    if cpu_idle_w is None or cpu_max_w is None or cpu_cores is None:
        raise UsageError(f"a model of power needs {OPTIONS}, all three")
    return SocketPower(cpu_idle_w, cpu_max_w, cpu_cores)


def from_options(idle_w: float, max_w: float, socket_cores: int, allotted: int) -> PowerModel:
    """The model with a user's own figures. Raises UsageError for impossible values."""
    return PowerModel(idle_w, max_w, socket_cores, allotted, "given by --cpu-idle-w, --cpu-max-w and --cpu-cores")


class ModelMeter:
    """The model as a meter: power × the time since opening. For the energy of a whole sweep."""

    source, method, device = "model", Method.MODEL, "cpu"
    gain_rel: float | None = None

    def __init__(
        self, model: PowerModel, threads: int | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """`threads` are assumed to be busy all the time; all allotted cores by default."""
        self._model = model
        self._threads = model.allotted if threads is None else threads
        self._clock = clock
        self._opened_s: float | None = clock()

    @property
    def scopes(self) -> tuple[str, ...]:
        return (self._model.scope,)

    def read(self) -> Reading:
        """Power × time since opening. Raises MeterError once closed."""
        if self._opened_s is None:
            raise MeterError("the modelled meter is closed")
        now_s = self._clock()
        return Reading(now_s, {self._model.scope: self._model.joules(now_s - self._opened_s, self._threads)})

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.cpu_conditions; plus `assumption`, the sentence shown beside every figure."""
        return {**cpu_conditions(), "assumption": self._model.assumption}

    def close(self) -> None:
        self._opened_s = None
