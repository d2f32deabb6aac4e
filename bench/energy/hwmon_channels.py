"""Finds the power and energy channels in /sys/class/hwmon that belong to processors, and the package of each.

Drivers name their channels as they like. Known ones are in a table; of others only labels that say "package" or
"socket" are used. A package includes its cores, whose channels are skipped. The first driver that has packages is used
alone: two drivers would count the same package twice.

NVIDIA Jetson modules have a TI INA3221, which measures voltage and current of three rails and no power. The rail of the
processor and that of the whole module (VDD_IN), which holds it, are scopes of their own and never added.

https://docs.kernel.org/hwmon/sysfs-interface.html, https://docs.kernel.org/hwmon/ina3221.html, names of rails: NVIDIA
Jetson Linux Developer Guide, "Platform Power and Performance", and the device trees of Linux (tegra194-p3668.dtsi).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.energy.availability import Unavailable
from bench.energy.meter import MODULE, PACKAGE, SYSTEM
from bench.format import count

ROOT = Path("/sys/class/hwmon")
# NUMA nodes and the topology of processors.
TOPOLOGY = Path("/sys/devices/system")
ENERGY, POWER = "energy", "power"
AMD_ENERGY, HSMP, FAM15H, ACPI = "amd_energy", "amd_hsmp_hwmon", "fam15h_power", "power_meter"
INA3221 = "ina3221"
CPU_RAIL, CPU_GPU_RAIL = "cpu-rail", "cpu-gpu-rail"

# Drivers with one device for each package, in their order, whose channels have no label.
_ONE_EACH = (HSMP, FAM15H)
# Graphics cards, disks, power supplies … may call a channel "pkg" too.
_NOT_PROCESSORS = ("amdgpu", "radeon", "nouveau", "i915", "xe", "nvme", "drivetemp", "corsairpsu")
# "Esocket0" is the label of amd_energy (Documentation/hwmon/amd_energy.rst).
_NODE = re.compile(r"Esocket(\d+)")
# Firmware of NVIDIA Grace: "CPU Power Socket 0" and "SysIO Power Socket 0" are parts of "Grace Power Socket 0", and
# "Module Power Socket 0" includes the GPU (Grace Performance Tuning Guide, Power Telemetry).
_GRACE = re.compile(r"Grace Power Socket (\d+)")
# The rails of Jetson modules from TX1 to Orin. CV are accelerators of vision on the rail of the processor. A rail that
# also feeds the GPU has a scope that says so.
_RAILS = {
    CPU_RAIL: ("VDD_CPU_CV", "VDD_CPU", "VDD_SYS_CPU", "POM_5V_CPU", "CPU"),
    CPU_GPU_RAIL: ("VDD_CPU_GPU_CV", "VDD_CPU_GPU"),
    MODULE: ("VDD_IN", "POM_5V_IN", "5V_IN"),
}
# The scopes of a driver that are used together. Packages first, wherever they are: in the power of a whole machine the
# differences of candidates are smaller.
_WANTED = ((PACKAGE,), tuple(_RAILS), (SYSTEM,))
_PACKAGE = re.compile(r"[ep]?(?:socket|package|pkg)[ _-]?(\d*)(?:[ _-]?(?:power|energy))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Channel:
    """One sensor: its driver, the file of its value (µJ or µW), its label ("" for none), and its averaging time.

    Where there is no file of power, `file` is that of the voltage (mV) and `current` that of the current (mA); their
    product is in µW.
    """

    driver: str
    file: Path
    label: str = ""
    average_s: float | None = None
    current: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files whose product is the value."""
        return (self.file,) if self.current is None else (self.file, self.current)


@dataclass(frozen=True, slots=True)
class Sensors:
    """The channels of one driver by scope: package-0, package-1 …, or cpu-rail and module, or system."""

    driver: str
    channels: Mapping[str, Channel]


def find_sensors(kind: str, root: Path = ROOT, topology: Path = TOPOLOGY) -> Sensors:
    """The sensors of one kind (ENERGY or POWER) that measure processors, else the whole machine.

    Raises Unavailable if there are none, or if packages cannot be told apart.
    """
    found: dict[str, list[Channel]] = {}
    for channel in _listed(kind, root):
        found.setdefault(channel.driver, []).append(channel)
    scopes: dict[str, dict[str, Channel]] = {}
    refused: list[Unavailable] = []
    for driver, channels in found.items():
        try:
            scopes[driver] = _scopes(driver, channels, topology)
        except Unavailable as why:
            refused.append(why)
    for wanted in _WANTED:
        for driver, by_scope in scopes.items():
            chosen = {s: c for s, c in sorted(by_scope.items(), key=_number) if s.startswith(wanted)}
            if chosen:
                return Sensors(driver, chosen)
    if refused:
        raise refused[0]
    others = f"; those of {', '.join(found)} are not known to be a processor's" if found else ""
    raise Unavailable(f"no {kind} sensor of a processor in {root}{others}", _remedy(kind))


def _remedy(kind: str) -> str:
    module = AMD_ENERGY if kind == ENERGY else "amd_hsmp"
    return f"sudo modprobe {module} (on Linux on bare metal, AMD EPYC)"


def _number(item: tuple[str, Channel]) -> int:
    return int(item[0].rpartition("-")[2]) if item[0].startswith(PACKAGE) else 0


def _listed(kind: str, root: Path) -> Iterator[Channel]:
    """All channels of one kind, in the order of their devices; what cannot be read is left out."""
    for hwmon in sorted(root.glob("hwmon*"), key=lambda folder: (len(folder.name), folder.name)):
        # Older drivers keep all files one folder deeper. With both, they are the same sensors.
        for folder in (hwmon, hwmon / "device"):
            channels = list(_of_folder(kind, folder, hwmon))
            yield from channels
            if channels:
                break


def _of_folder(kind: str, folder: Path, hwmon: Path) -> Iterator[Channel]:
    driver = _text(hwmon / "name") or _text(folder / "name")
    if driver is None:
        return
    if kind == POWER and driver == INA3221:
        yield from _rails(folder)
    numbers = {int(m[1]) for file in folder.glob(f"{kind}*") if (m := re.match(rf"{kind}(\d+)_", file.name))}
    for number in sorted(numbers):
        stem = f"{kind}{number}"
        files = (folder / f"{stem}_input", folder / f"{stem}_average")
        file = next((f for f in files if f.is_file()), None)
        # The power of a battery's meter is no power of the machine while it charges.
        if file is None or _text(folder / f"{stem}_is_battery") == "1":
            continue
        label = _text(folder / f"{stem}_label") or _text(folder / f"{stem}_oem_info") or ""
        yield Channel(driver, file, label, _average_s(folder / f"{stem}_average_interval", file))


def _rails(folder: Path) -> Iterator[Channel]:
    """The three rails of an INA3221; in4 to in7 are not of rails but of its shunts. One that is off is left out."""
    for number in (1, 2, 3):
        voltage, current = folder / f"in{number}_input", folder / f"curr{number}_input"
        is_on = _text(folder / f"in{number}_enable") != "0" and voltage.is_file() and current.is_file()
        if is_on and (label := _text(folder / f"in{number}_label")):
            yield Channel(INA3221, voltage, label, _seconds(folder / "update_interval"), current)


def _average_s(interval: Path, file: Path) -> float | None:
    """The seconds over which a channel averages; None for one that does not average."""
    return _seconds(interval) if file.name.endswith("_average") else None


def _seconds(milliseconds: Path) -> float | None:
    """The positive time in a file in milliseconds; None without one."""
    text = _text(milliseconds)
    return float(text) * 1e-3 if text is not None and text.isdecimal() and int(text) > 0 else None


def _scopes(driver: str, channels: list[Channel], topology: Path) -> dict[str, Channel]:
    """The channels that are whole packages, or the machine, by scope; the first of several for one scope."""
    if driver == AMD_ENERGY:
        return _of_nodes(channels, topology)
    if driver == INA3221:
        return _of_rails(channels)
    if driver in _ONE_EACH:
        return {f"{PACKAGE}{number}": channel for number, channel in enumerate(channels)}
    found: dict[str, Channel] = {}
    if driver not in _NOT_PROCESSORS:
        for channel in channels:
            match = (_GRACE if driver == ACPI else _PACKAGE).fullmatch(channel.label)
            if match is None:
                continue
            scope = f"{PACKAGE}{match[1] or 0}"
            if scope in found and not match[1]:
                raise Unavailable(
                    f"{driver} has several channels '{channel.label}' without a number: they may be one package "
                    "listed twice, or several packages"
                )
            found.setdefault(scope, channel)
    if driver == ACPI and not found and len(channels) == 1 and "Power Socket" not in channels[0].label:
        # Several meters may be the power supplies of one machine, or one of them the sum of the others.
        return {SYSTEM: channels[0]}
    return found


def _of_rails(channels: list[Channel]) -> dict[str, Channel]:
    """The rails of a Jetson module by scope, that of the processor first: candidates are ranked by it.

    Raises Unavailable for two rails of one scope, as nobody knows whether one holds the other.
    """
    found: dict[str, Channel] = {}
    for scope, labels in _RAILS.items():
        rails = [channel for channel in channels if channel.label in labels]
        if len(rails) > 1:
            listed = " and ".join(channel.label for channel in rails)
            raise Unavailable(f"{INA3221} has several rails of one part, {listed}: one may hold the other")
        if rails:
            found[scope] = rails[0]
    return found


def _of_nodes(channels: list[Channel], topology: Path) -> dict[str, Channel]:
    """The packages of amd_energy, which lists one "socket" for each NUMA node.

    With several nodes on a socket (NPS2, NPS4) the same counter is listed several times. Raises Unavailable if the
    sockets of the nodes are unknown.
    """
    by_node = {int(m[1]): channel for channel in channels if (m := _NODE.fullmatch(channel.label))}
    if len(by_node) == 1:
        return {f"{PACKAGE}0": channel for channel in by_node.values()}
    found: dict[str, Channel] = {}
    for node, channel in sorted(by_node.items()):
        with suppress(_NoProcessors):
            found.setdefault(f"{PACKAGE}{_package_of(node, topology, len(by_node))}", channel)
    return found


class _NoProcessors(Exception):
    """A NUMA node of memory only."""


def _package_of(node: int, topology: Path, nodes: int) -> int:
    cpus = _text(topology / "node" / f"node{node}" / "cpulist")
    if cpus == "":
        raise _NoProcessors
    first = re.match(r"\d+", cpus or "")
    package = _text(topology / "cpu" / f"cpu{first[0]}" / "topology" / "physical_package_id") if first else None
    if package is None or not package.isdecimal():
        raise Unavailable(
            f"{AMD_ENERGY} has counters of {count(nodes, 'NUMA node')}, and {topology} does not tell which of them are "
            "on one socket: some would be counted twice"
        )
    return int(package)


def _text(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
