"""Measures the energy of a whole sweep: reads the counters at its start and on every query.

Without a sensor it is modelled by the user's figures, or bracketed: the time of the sweep × the power of its busy
cores, from one busy thread to all of its threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from types import TracebackType
from typing import Any

from bench.energy.all_meters import choose
from bench.energy.bracket.bracket import SCOPE, PowerBracket
from bench.energy.meter import MEASURED, WHOLE, Found, Meter, MeterError, Method
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
    """The joules of one scope since the start: `joules`, or of a bracket its ends `low_j` and `high_j`, never both.

    `source` is the meter, "model", or the class of machines of the bracket with their number.
    """

    device: str
    scope: str
    method: str
    source: str
    joules: float | None
    low_j: float | None = None
    high_j: float | None = None

    @property
    def is_measured(self) -> bool:
        return self.method in MEASURED

    @property
    def is_bracketed(self) -> bool:
        return self.method == Method.BRACKET

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def plus(self, other: Spent) -> Spent:
        """The joules of both, of one scope and source."""
        return replace(
            self,
            joules=_sum(self.joules, other.joules),
            low_j=_sum(self.low_j, other.low_j),
            high_j=_sum(self.high_j, other.high_j),
        )


class OwnCost:
    """The open meters of all devices of a sweep; a context manager.

    If a meter fails, its last reading stays and `failed` holds the reason: the sweep used more than is known.
    """

    def __init__(
        self,
        devices: Iterable[str],
        sources: tuple[Found, ...],
        model: PowerModel | None,
        threads: int,
        bracket: PowerBracket | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`threads` are the most that the sweep keeps busy. A bracket counts for a CPU without a sensor and a model."""
        self.failed: str | None = None
        self._meters: list[Meter] = []
        self._last: dict[tuple[str, str], Spent] = {}
        self._before: dict[tuple[str, str], float] = {}
        self._bracket: PowerBracket | None = None
        self._threads, self._clock, self._opened_s = threads, clock, clock()
        for device in dict.fromkeys(devices):
            found = choose(device, sources)
            if found is not None and found.open is not None:
                try:
                    self._meters.append(found.open())
                except MeterError as error:
                    self.failed = str(error)
            elif device == "cpu" and model is not None:
                self._meters.append(ModelMeter(model, threads))
            elif device == "cpu":
                self._bracket = bracket
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._before = {(s.source, s.scope): s.joules for s in self._read() if s.joules is not None}

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
        """Whether there is any meter to read, or a bracket."""
        return bool(self._meters) or self._bracket is not None

    def spent(self) -> list[Spent]:
        """The joules of every scope so far; for a meter that failed, until its failure."""
        now = self._read()
        known = ((s, self._before.get((s.source, s.scope))) for s in now)
        found = [replace(s, joules=s.joules - b) for s, b in known if b is not None and s.joules is not None]
        return [*found, *self._bracketed()]

    def _bracketed(self) -> Iterable[Spent]:
        time_s = self._clock() - self._opened_s
        if self._bracket is None or time_s <= 0:
            return
        # Most of a sweep keeps one thread busy or more, and never more than all.
        low_w, high_w = self._bracket.power_w(1).low, self._bracket.power_w(self._threads).high
        yield Spent("cpu", SCOPE, Method.BRACKET.value, self._bracket.label, None, low_w * time_s, high_w * time_s)

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
    """The sum of measured joules, else of modelled ones, else of the high ends of brackets; never of two kinds.

    Those of a whole machine, module or chip include all others. None without any.
    """
    known = list(spent)
    if whole := [s.joules for s in known if s.scope in WHOLE and s.joules is not None]:
        return sum(whole)
    summed = {s.device for s in known if s.scope == _SUM}
    counted = [
        s
        for s in known
        if not s.scope.startswith(_COUNTED_ELSEWHERE) and not (s.device in summed and s.scope.startswith(_PART))
    ]
    measured = [s.joules for s in counted if s.is_measured and s.joules is not None]
    modelled = [s.joules for s in counted if s.method == Method.MODEL and s.joules is not None]
    highest = [s.high_j for s in counted if s.is_bracketed and s.high_j is not None]
    return next((sum(joules) for joules in (measured, modelled, highest) if joules), None)


def together(*sessions: Iterable[Spent]) -> list[Spent]:
    """The joules of a run over all its sessions (started and resumed), by scope."""
    sums: dict[tuple[str, str, str, str], Spent] = {}
    for s in (s for session in sessions for s in session):
        place = (s.device, s.scope, s.method, s.source)
        sums[place] = sums[place].plus(s) if place in sums else s
    return list(sums.values())


class Limit:
    """The energy limit of a sweep; of a bracket the high end counts. Raises UsageError if no energy can be known."""

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


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
