"""What a sweep itself costs in joules: counters read when it begins and whenever somebody asks."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any

from bench.energy.meter import Found, Meter, MeterError
from bench.energy.model import OPTIONS, ModelMeter, PowerModel
from bench.energy.sources import choose
from bench.errors import UsageError

# A platform's counter holds what the packages' counters hold too.
_COUNTED_ELSEWHERE = ("psys",)
# Counters that wrap have to be read before they can have done so unseen: within 65 s for the shortest known.
_READ_EVERY_S = 20.0


@dataclass(frozen=True, slots=True)
class Spent:
    """Joules of one scope since the beginning."""

    device: str
    scope: str
    method: str
    source: str
    joules: float

    @property
    def is_measured(self) -> bool:
        return self.method != "model"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class OwnCost:
    """Open meters of all devices that a sweep uses; a context manager. A meter that fails is left out from then on."""

    def __init__(
        self, devices: Iterable[str], sources: tuple[Found, ...], model: PowerModel | None, threads: int
    ) -> None:
        self._meters: list[Meter] = []
        self._before: dict[tuple[str, str], float] = {}
        for device in dict.fromkeys(devices):
            found = choose(device, sources)
            if found is not None and found.open is not None:
                with suppress(MeterError):
                    self._meters.append(found.open())
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
        """Whether there is anything to read."""
        return bool(self._meters)

    def spent(self) -> list[Spent]:
        """Joules of every scope so far."""
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
        found = []
        for meter in list(self._meters):
            try:
                joules = meter.read().joules
            except MeterError:
                # Its part of the cost is unknown from here on; the sweep is not to end for that.
                self._meters.remove(meter)
                meter.close()
                continue
            found += [Spent(meter.device, scope, meter.method, meter.source, j) for scope, j in joules.items()]
        return found


def total_j(spent: Iterable[Spent]) -> float | None:
    """What was measured in all, else what was modelled; the two are never added. None if there is neither."""
    counted = [s for s in spent if not s.scope.startswith(_COUNTED_ELSEWHERE)]
    measured = [s.joules for s in counted if s.is_measured]
    modelled = [s.joules for s in counted if not s.is_measured]
    return sum(measured) if measured else sum(modelled) if modelled else None


def together(*sessions: Iterable[Spent]) -> list[Spent]:
    """The joules of a run that was begun and resumed, by scope."""
    sums: dict[tuple[str, str, str, str], float] = {}
    for s in (s for session in sessions for s in session):
        place = (s.device, s.scope, s.method, s.source)
        sums[place] = sums.get(place, 0.0) + s.joules
    return [Spent(*place, joules) for place, joules in sums.items()]


class Limit:
    """A limit to what a sweep may use. Raises UsageError where what it uses cannot be known."""

    def __init__(self, cost: OwnCost, max_joules: float | None) -> None:
        if max_joules is not None and not cost.is_known:
            raise UsageError(
                "--max-joules needs a sensor or a model of power, and here is neither: "
                f"give {OPTIONS}; `convcost doctor` says which sensors there could be"
            )
        self._cost, self._max_joules = cost, max_joules

    @property
    def is_reached(self) -> bool:
        """Whether all joules that are known come to the limit; never without one."""
        used_j = None if self._max_joules is None else total_j(self._cost.spent())
        return used_j is not None and self._max_joules is not None and used_j >= self._max_joules
