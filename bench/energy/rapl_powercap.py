"""Reads CPU energy from /sys/class/powercap (Intel, and AMD since Zen): 32-bit counters that wrap around.

A package includes cores and graphics, whose own counters (core, uncore) are skipped, but not memory (dram). The
platform (psys) includes all of them: it is a scope of its own and must not be added to others. The same package may be
listed twice, by registers and by memory-mapped ones (intel-rapl-mmio): the first is used.

https://docs.kernel.org/power/powercap/powercap.html
"""

from __future__ import annotations

import os
import re
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
from bench.energy.rapl import Counters

ROOT = Path("/sys/class/powercap")
_J_PER_UJ = 1e-6
_NUMBER_BYTES = 32
# Zones as listed by the class (side by side) and by the devices (nested).
_ZONES = ("intel-rapl*:*", "intel-rapl*:*/intel-rapl*:*:*")

Open = Callable[[Path, int], int]


@dataclass(frozen=True, slots=True)
class _Zone:
    scope: str
    file: Path
    range_uj: int


class PowercapMeter:
    """Keeps the file of every counter open; scopes package-0, dram-0 … and psys.

    With several packages, their sum `packages` is the first scope.
    """

    source, method, device = "rapl-powercap", Method.COUNTER, "cpu"
    # No uncertainty of its scale is published.
    gain_rel: float | None = None

    def __init__(
        self, root: Path = ROOT, opening: Open = os.open, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._clock = clock
        self._counters = Counters()
        zones = _zones(root)
        with ExitStack() as undo:
            for zone in zones:
                descriptor = _opened(opening, zone, zones)
                undo.callback(os.close, descriptor)
                # The documentation calls this file the range. The driver writes the greatest value, one count of 15 to
                # 61 µJ less than the range: a wrap loses less than the counter's own step.
                count = partial(self._counted, zone.scope, descriptor)
                self._counters.add(zone.scope, count, _J_PER_UJ, zone.range_uj)
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
            microjoules = int(os.pread(descriptor, _NUMBER_BYTES, 0))
        except (OSError, ValueError) as error:
            # The driver was unloaded, or the package is offline.
            raise MeterError(f"the counter RAPL {scope} can no longer be read: {error}") from None
        return self._clock(), microjoules


def find(root: Path = ROOT, opening: Open = os.open) -> Found:
    """Detect the source."""
    return detect("rapl-powercap", "cpu", Method.COUNTER, lambda: PowercapMeter(root, opening))


def _zones(root: Path) -> list[_Zone]:
    """One zone per scope, registers before memory-mapped ones. Raises Unavailable without a package."""
    folders = sorted((f for pattern in _ZONES for f in root.glob(pattern)), key=lambda f: (f.name.split(":"), str(f)))
    zones: dict[str, _Zone] = {}
    for folder in folders:
        try:
            scope = _scope(folder, root)
            if scope is not None and scope not in zones:
                range_uj = int((folder / "max_energy_range_uj").read_text())
                zones[scope] = _Zone(scope, folder / "energy_uj", range_uj)
        except (OSError, ValueError) as error:
            raise Unavailable(f"the RAPL zone {folder} cannot be read: {error}") from None
    if not any(scope.startswith("package") for scope in zones):
        raise Unavailable(
            "no RAPL package: this is not Linux, a processor without RAPL, or a virtual machine",
            "sudo modprobe intel_rapl_msr (on Linux on bare metal, Intel and AMD)",
        )
    return sorted(zones.values(), key=lambda zone: zone.scope.startswith("psys"))


def _scope(folder: Path, root: Path) -> str | None:
    """package-0, dram-0, psys; None for a zone inside a package."""
    name = (folder / "name").read_text().strip()
    if name.startswith(("package", "psys")):
        return name
    if name != "dram":
        return None
    owner = folder.name.rpartition(":")[0]
    parents = (folder.parent / "name", root / owner / "name")
    package = next((p.read_text().strip() for p in parents if p.is_file()), owner)
    return f"dram-{re.sub(r'^package-', '', package)}"


def _opened(opening: Open, zone: _Zone, zones: list[_Zone]) -> int:
    try:
        return opening(zone.file, os.O_RDONLY)
    except PermissionError:
        files = " ".join(str(z.file) for z in zones)
        raise Unavailable(
            "only root may read RAPL's counters, because they can reveal secrets (CVE-2020-8694)",
            f"sudo chmod a+r {files} (until the next boot)",
        ) from None
    except OSError as error:
        raise Unavailable(f"the counter {zone.file} cannot be opened: {error.strerror}") from None
