"""Measures the energy of a whole sweep: reads the counters at its start and on every query."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any

from bench.energy.all_meters import choose
from bench.energy.meter import WHOLE, Found, Meter, MeterError, Method
from bench.energy.model import OPTIONS, ModelMeter, PowerModel
from bench.errors import UsageError

# The platform's counter includes the packages.
_COUNTED_ELSEWHERE = ("psys",)
# Machines with several packages also list their sum.
_SUM, _PART = "packages", "package-"
# Counters that wrap must be read more often than they wrap: at least every 65 s for the shortest known.
_READ_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Spent:
    """The joules of one scope since the start."""

    device: str
    scope: str
    method: str
    source: str
    joules: float

    @property
    def is_measured(self) -> bool:
        return self.method != Method.MODEL

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class OwnCost:
    """The open meters of all devices of a sweep; a context manager.

    If a meter fails, its last reading stays and `failed` holds the reason: the sweep used more than is known.
    """

    def __init__(
        self, devices: Iterable[str], sources: tuple[Found, ...], model: PowerModel | None, threads: int
    ) -> None:
        self.failed: str | None = None
        self._meters: list[Meter] = []
        self._last: dict[tuple[str, str], Spent] = {}
        self._before: dict[tuple[str, str], float] = {}
        for device in dict.fromkeys(devices):
            found = choose(device, sources)
            if found is not None and found.open is not None:
                try:
                    self._meters.append(found.open())
                except MeterError as error:
                    self.failed = str(error)
            elif device == "cpu" and model is not None:
                self._meters.append(ModelMeter(model, threads))
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._before = {(s.source, s.scope): s.joules for s in self._read()}

    def __enter__(self) -> OwnCost:
        if self._meters:
            threading.Thread(target=self._keep_reading, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        with self._lock:
            for meter in self._meters:
                meter.close()
            self._meters.clear()

    @property
    def is_known(self) -> bool:
        """Whether there is any meter to read."""
        return bool(self._meters)

    def spent(self) -> list[Spent]:
        """The joules of every scope so far; for a meter that failed, until its failure."""
        now = self._read()
        known = ((s, self._before.get((s.source, s.scope))) for s in now)
        return [Spent(s.device, s.scope, s.method, s.source, s.joules - b) for s, b in known if b is not None]

    def _keep_reading(self) -> None:
        while not self._closed.wait(_READ_EVERY_S):
            self._read()

    def _read(self) -> list[Spent]:
        with self._lock:
            return self._read_now()

    def _read_now(self) -> list[Spent]:
        for meter in list(self._meters):
            try:
                joules = meter.read().joules
            except MeterError as error:
                # The sweep goes on without it, unless its energy is limited.
                self.failed = str(error)
                self._meters.remove(meter)
                meter.close()
                continue
            for scope, j in joules.items():
                self._last[meter.source, scope] = Spent(meter.device, scope, meter.method, meter.source, j)
        return list(self._last.values())


def total_j(spent: Iterable[Spent]) -> float | None:
    """The sum of measured joules, else of modelled joules, never of both. None without any.

    Those of a meter of the whole machine include all others.
    """
    known = list(spent)
    if whole := [s.joules for s in known if s.scope in WHOLE]:
        return sum(whole)
    summed = {s.device for s in known if s.scope == _SUM}
    counted = [
        s
        for s in known
        if not s.scope.startswith(_COUNTED_ELSEWHERE) and not (s.device in summed and s.scope.startswith(_PART))
    ]
    measured = [s.joules for s in counted if s.is_measured]
    modelled = [s.joules for s in counted if not s.is_measured]
    return sum(measured) if measured else sum(modelled) if modelled else None


def together(*sessions: Iterable[Spent]) -> list[Spent]:
    """The joules of a run over all its sessions (started and resumed), by scope."""
    sums: dict[tuple[str, str, str, str], float] = {}
    for s in (s for session in sessions for s in session):
        place = (s.device, s.scope, s.method, s.source)
        sums[place] = sums.get(place, 0.0) + s.joules
    return [Spent(*place, joules) for place, joules in sums.items()]


class Limit:
    """The energy limit of a sweep. Raises UsageError if the energy cannot be known."""

    def __init__(self, cost: OwnCost, max_joules: float | None) -> None:
        if max_joules is not None and not cost.is_known:
            raise UsageError(
                "--max-joules needs a sensor or a model of power, and this machine has neither: "
                f"give {OPTIONS}; `convcost doctor` lists possible sensors"
            )
        self._cost, self._max_joules = cost, max_joules

    @property
    def is_reached(self) -> bool:
        """Whether the known joules reach the limit or can no longer be known; always False without a limit."""
        if self._max_joules is None:
            return False
        used_j = total_j(self._cost.spent())
        return self._cost.failed is not None or used_j is None or used_j >= self._max_joules
