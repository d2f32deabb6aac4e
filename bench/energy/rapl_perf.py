"""Reads CPU energy from the perf events power/energy-*: 64-bit counts of the kernel that never wrap around.

The package includes cores and graphics, but not memory (ram). The platform (psys) includes all of them: it is a scope
of its own and must not be added to others.
"""

from __future__ import annotations

import os
import re
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.energy.availability import Unavailable, detect
from bench.energy.cpu_conditions import cpu_conditions
from bench.energy.meter import Found, MeterError, Method, Reading
from bench.energy.perf_event import perf_event_open
from bench.energy.rapl import Counters
from bench.format import count

ROOT = Path("/sys/bus/event_source/devices/power")
_PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
# Up to this level the kernel lets all users count on a whole processor (perf_allow_cpu, include/linux/perf_event.h).
_ALLOWS_ALL = 0
_COUNT = struct.Struct("=Q")
# (event, scope, one counter per package); the machine has one psys.
_EVENTS = (("energy-pkg", "package", True), ("energy-ram", "dram", True), ("energy-psys", "psys", False))

Open = Callable[[int, int, int], int]


@dataclass(frozen=True, slots=True)
class _Event:
    scope: str
    config: int
    joules_per_count: float
    cpu: int


class PerfMeter:
    """Keeps one descriptor open per event and package; scopes package-0, dram-0 … and psys.

    With several packages, their sum `packages` is the first scope. Packages are numbered in the order of the kernel's
    list of counting processors.
    """

    source, method, device = "rapl-perf", Method.COUNTER, "cpu"
    # No uncertainty of its scale is published.
    gain_rel: float | None = None

    def __init__(
        self,
        root: Path = ROOT,
        open_event: Open = perf_event_open,
        clock: Callable[[], float] = time.perf_counter,
        paranoid: Path = _PARANOID,
    ) -> None:
        self._clock = clock
        self._counters = Counters()
        kind, events = _listed(root)
        with ExitStack() as undo:
            for event in events:
                descriptor = _opened(open_event, kind, event, paranoid)
                undo.callback(os.close, descriptor)
                count = partial(self._counted, event.scope, descriptor)
                self._counters.add(event.scope, count, event.joules_per_count)
            # All are open: from here on close() closes them.
            self._files = undo.pop_all()

    @property
    def scopes(self) -> tuple[str, ...]:
        return self._counters.scopes

    def read(self) -> Reading:
        """See bench.energy.rapl.Counters.read."""
        return self._counters.read(self._clock)

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.cpu_conditions."""
        return cpu_conditions()

    def close(self) -> None:
        self._files.close()

    def _counted(self, scope: str, descriptor: int) -> tuple[float, int]:
        try:
            read = os.read(descriptor, _COUNT.size)
        except OSError as error:
            raise MeterError(f"the perf event of {scope} can no longer be read: {error.strerror}") from None
        if len(read) != _COUNT.size:
            raise MeterError(
                f"the perf event of {scope} gave {count(len(read), 'byte')} instead of {_COUNT.size}: it has ended"
            )
        return self._clock(), int(_COUNT.unpack(read)[0])


def find(root: Path = ROOT, open_event: Open = perf_event_open, paranoid: Path = _PARANOID) -> Found:
    """Detect the source."""
    return detect("rapl-perf", "cpu", Method.COUNTER, lambda: PerfMeter(root, open_event, paranoid=paranoid))


def _listed(root: Path) -> tuple[int, list[_Event]]:
    """The type of the energy events and the available events. Raises Unavailable."""
    if not (root / "type").is_file():
        raise Unavailable(
            "no perf events for energy: this is not Linux, a processor without RAPL, or a virtual machine",
            "sudo modprobe rapl (on Linux on bare metal)",
        )
    try:
        kind = int((root / "type").read_text())
        cpus = _processors((root / "cpumask").read_text())
        events = [
            _Event(f"{scope}-{number}" if each else scope, *_described(root / "events" / name), cpu)
            for name, scope, each in _EVENTS
            if (root / "events" / name).is_file()
            for number, cpu in enumerate(cpus if each else cpus[:1])
        ]
    except (OSError, ValueError) as error:
        raise Unavailable(f"the description of the perf events for energy in {root} cannot be read: {error}") from None
    if not any(event.scope.startswith("package") for event in events):
        raise Unavailable(f"{root} has no event energy-pkg for any processor")
    return kind, events


def _described(file: Path) -> tuple[int, float]:
    """The config of an event and the joules of one count. Raises ValueError and OSError."""
    match = re.search(r"event=(0x[0-9a-fA-F]+|\d+)", file.read_text())
    unit = file.with_name(f"{file.name}.unit").read_text().strip()
    if match is None or unit != "Joules":
        raise ValueError(f"{file.name} is {file.read_text().strip()!r} in {unit!r}")
    return int(match[1], 0), float(file.with_name(f"{file.name}.scale").read_text())


def _processors(text: str) -> list[int]:
    """The numbers in a list such as 0,28 or 0-1: one processor per package, in order. Raises ValueError."""
    spans = [part.split("-") for part in text.strip().split(",")]
    return [cpu for span in spans for cpu in range(int(span[0]), int(span[-1]) + 1)]


def _opened(open_event: Open, kind: int, event: _Event, paranoid: Path) -> int:
    try:
        return open_event(kind, event.config, event.cpu)
    except PermissionError:
        raise _forbidden(paranoid) from None
    except OSError as error:
        raise Unavailable(f"the perf event of {event.scope} cannot be opened: {error.strerror}") from None


def _forbidden(paranoid: Path) -> Unavailable:
    try:
        level = int(paranoid.read_text())
    except (OSError, ValueError):
        return Unavailable("perf events are forbidden here", "run as root or with CAP_PERFMON")
    if level <= _ALLOWS_ALL:
        return Unavailable(
            f"perf events are forbidden although kernel.perf_event_paranoid is {level}: a container filters them",
            "start the container with --cap-add PERFMON",
        )
    return Unavailable(
        f"counting on a whole processor is forbidden: kernel.perf_event_paranoid is {level}",
        f"sudo sysctl kernel.perf_event_paranoid={_ALLOWS_ALL} (until the next boot), or run with CAP_PERFMON",
    )
