"""CPU energy from /sys/class/powercap (Intel, and AMD since Zen): 32-bit counters that wrap around.

A package holds its cores and graphics, whose own counters (core, uncore) are left out; memory (dram) is outside it.
The platform (psys) holds them all and is a scope of its own, to be added to none. The same package may be told twice,
by registers and by memory-mapped ones (intel-rapl-mmio): the first is taken.

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

from bench.energy.cpu_conditions import cpu_conditions
from bench.energy.looking import Unavailable, look_for
from bench.energy.meter import Found, MeterError, Reading
from bench.energy.rapl import Counters

ROOT = Path("/sys/class/powercap")
_J_PER_UJ = 1e-6
_NUMBER_BYTES = 32
# Zones as the class lists them (all side by side), and inside each other as the devices are.
_ZONES = ("intel-rapl*:*", "intel-rapl*:*/intel-rapl*:*:*")

Open = Callable[[Path, int], int]


@dataclass(frozen=True, slots=True)
class _Zone:
    scope: str
    file: Path
    range_uj: int


class PowercapMeter:
    """Every counter's file, open from the start; scopes package-0, dram-0 … and psys.

    With several packages `packages`, their sum, is the first scope.
    """

    source, method, device = "rapl-powercap", "counter", "cpu"
    # Nobody published how far its scale is off.
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
                # The range is that of the documentation. The driver gives the greatest value there, one count of
                # 15 to 61 µJ less than a turn: a wrap loses less than the counter's own step.
                count = partial(self._counted, zone.scope, descriptor)
                self._counters.add(zone.scope, count, _J_PER_UJ, zone.range_uj)
            # All are open: from here on close() gives them back.
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
            # Its driver was unloaded, or the package taken offline.
            raise MeterError(f"the counter RAPL {scope} cannot be read any more: {error}") from None
        return self._clock(), microjoules


def find(root: Path = ROOT, opening: Open = os.open) -> Found:
    """The source, there or not."""
    return look_for("rapl-powercap", "cpu", "counter", lambda: PowercapMeter(root, opening))


def _zones(root: Path) -> list[_Zone]:
    """One zone a scope, registers before memory-mapped ones. Raises Unavailable if no package is among them."""
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
            "this system shows no RAPL package: no Linux, no RAPL in the processor, or a virtual machine",
            "sudo modprobe intel_rapl_msr (on Linux on the machine itself, Intel and AMD)",
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
            "only root may read RAPL's counters, since they can give secrets away (CVE-2020-8694)",
            f"sudo chmod a+r {files} (until the next boot)",
        ) from None
    except OSError as error:
        raise Unavailable(f"the counter {zone.file} cannot be opened: {error.strerror}") from None
