"""Examines the processor: name, allotted share, vector instructions and clock."""

from __future__ import annotations

import os
from collections.abc import Sequence

from bench.doctor.finding import Finding, Rating, judged
from bench.doctor.system import System, listed
from bench.format import count
from bench.machine.microarchitecture import microarchitecture_of
from bench.timing.frequency import mean_frequency_hz

_DEVICES, _CLOCK = "devices", "clock"
# (flag in /proc/cpuinfo, common name), the widest first.
_SIMD = (
    ("amx_tile", "AMX"), ("avx512f", "AVX-512"), ("avx2", "AVX2"), ("avx", "AVX"), ("sve", "SVE"), ("asimd", "NEON"),
)  # fmt: skip
_CPUFREQ = "/sys/devices/system/cpu/cpu{}/cpufreq/{}"
# (file, its content while boost is on, command to switch boost off)
_BOOST = (
    ("/sys/devices/system/cpu/intel_pstate/no_turbo", "0", "echo 1"),
    ("/sys/devices/system/cpu/cpufreq/boost", "1", "echo 0"),
)


def devices(system: System, allotted: Sequence[int] | None) -> list[Finding]:
    """The processor's name and microarchitecture, the share of it for this process, and its widest vectors."""
    return [
        Finding(_DEVICES, "CPU", system.cpu_name()),
        _microarchitecture(system),
        _share(system, allotted),
        _simd(system),
    ]


def _microarchitecture(system: System) -> Finding:
    # Fine where it is unknown: no measurement depends on it.
    text = system.text("/proc/cpuinfo")
    return Finding(_DEVICES, "microarchitecture", (microarchitecture_of(text) if text else None) or "unknown")


def _share(system: System, allotted: Sequence[int] | None) -> Finding:
    each = system.processors()
    present = listed(system.text("/sys/devices/system/cpu/present")) or len(each) or os.cpu_count() or 1
    usable = present if allotted is None else len(allotted)
    cores = len({(p["physical id"], p["core id"]) for p in each if "core id" in p and "physical id" in p})
    sockets = len({p["physical id"] for p in each if "physical id" in p})
    known = [count(cores, "core")] if cores else []
    known += [count(sockets, "socket")] if sockets else []
    value = ", ".join([f"{usable} allotted of {present}", *known])
    if usable < present:
        remedy = f"use --threads {usable} at most; a taskset, a batch system or the container reserves the others"
    elif cores and present > cores:
        shared = f"{count(present, 'processor')} share {count(cores, 'core')} and their vector units"
        remedy = f"--threads {cores} first: {shared}"
    else:
        remedy = None
    return judged(_DEVICES, "processors", value, remedy)


def _simd(system: System) -> Finding:
    flags = system.flags()
    found = [name for flag, name in _SIMD if flag in flags]
    if not found:
        return Finding(
            _DEVICES,
            "SIMD",
            None,
            Rating.MISSING,
            "the system does not report it; see torch's instruction set under precision",
        )
    return Finding(_DEVICES, "SIMD", ", ".join(found[:2]))


def governor(system: System, allotted: Sequence[int] | None) -> list[Finding]:
    """The control of the clock: the governor, boost, and whether the frequency can be read."""
    # Only the allotted processors: others do not run this work.
    numbers = list(range(len(system.processors()))) if allotted is None else list(allotted)
    governors = {system.text(_CPUFREQ.format(number, "scaling_governor")) for number in numbers}
    return [_governor(sorted(filter(None, governors))), *_boost(system), _frequency(system, numbers)]


def _governor(found: list[str]) -> Finding:
    name = "governor"
    if not found:
        remedy: str | None = (
            "on bare metal load the processor's frequency driver; in a virtual machine only the host knows the clock"
        )
        return Finding(_CLOCK, name, None, Rating.MISSING, remedy)
    remedy = None if found == ["performance"] else "sudo cpupower frequency-set -g performance"
    return judged(_CLOCK, name, ", ".join(found), remedy)


def _boost(system: System) -> list[Finding]:
    for file, on, command in _BOOST:
        state = system.text(file)
        if state is not None:
            remedy = f"for a steady clock: {command} | sudo tee {file}" if state == on else None
            return [judged(_CLOCK, "boost", "on: the clock follows heat and load" if remedy else "off", remedy)]
    return []


def _frequency(system: System, numbers: Sequence[int]) -> Finding:
    name, hz = "frequency", frequency_hz(system, numbers)
    if hz is None:
        remedy = "samples cannot be flagged slow-clock here, only slow-probe; bare metal reports the frequency"
        return Finding(_CLOCK, name, None, Rating.MISSING, remedy)
    return Finding(_CLOCK, name, f"{hz * 1e-9:.2f} GHz now")


def frequency_hz(system: System, numbers: Sequence[int]) -> float | None:
    """The mean frequency of these processors now, None without a frequency driver."""
    return mean_frequency_hz([system.path(_CPUFREQ.format(number, "scaling_cur_freq")) for number in numbers])
