"""The processor: how much of it is allotted, what its vectors can do, and what decides its clock."""

from __future__ import annotations

import os
from collections.abc import Sequence

from bench.doctor.finding import MISSING, Finding, judged
from bench.doctor.system import System, listed
from bench.format import count
from bench.machine.microarchitecture import microarchitecture_of
from bench.timing.frequency import mean_frequency_hz

_DEVICES, _CLOCK = "devices", "clock"
# Flags of /proc/cpuinfo and what people call them, the widest first.
_SIMD = (
    ("amx_tile", "AMX"), ("avx512f", "AVX-512"), ("avx2", "AVX2"), ("avx", "AVX"), ("sve", "SVE"), ("asimd", "NEON"),
)  # fmt: skip
_CPUFREQ = "/sys/devices/system/cpu/cpu{}/cpufreq/{}"
# (file, what it holds while the processor may clock up, what to type to forbid it)
_BOOST = (
    ("/sys/devices/system/cpu/intel_pstate/no_turbo", "0", "echo 1"),
    ("/sys/devices/system/cpu/cpufreq/boost", "1", "echo 0"),
)


def devices(system: System, allotted: Sequence[int] | None) -> list[Finding]:
    """The processor's name, how much of it this process may use, and its widest vectors."""
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
        remedy = f"{usable} is the most for --threads; a taskset, a batch system or the container keeps the others"
    elif cores and present > cores:
        remedy = f"--threads {cores} first: {present} processors share {cores} cores, and two on one share its vectors"
    else:
        remedy = None
    return judged(_DEVICES, "processors", value, remedy)


def _simd(system: System) -> Finding:
    flags = system.flags()
    found = [name for flag, name in _SIMD if flag in flags]
    if not found:
        return Finding(
            _DEVICES, "SIMD", None, MISSING, "the system does not tell; what torch uses stands under precision"
        )
    return Finding(_DEVICES, "SIMD", ", ".join(found[:2]))


def governor(system: System, allotted: Sequence[int] | None) -> list[Finding]:
    """Who decides the clock: the governor, boost, and whether the frequency can be read."""
    # Named as processors are; those that are not allotted are somebody else's.
    numbers = list(range(len(system.processors()))) if allotted is None else list(allotted)
    told = {system.text(_CPUFREQ.format(number, "scaling_governor")) for number in numbers}
    return [_governor(sorted(filter(None, told))), *_boost(system), _frequency(system, numbers)]


def _governor(found: list[str]) -> Finding:
    name = "governor"
    if not found:
        remedy: str | None = (
            "on bare metal load the processor's frequency driver; in a virtual machine the host decides, unseen"
        )
        return Finding(_CLOCK, name, None, MISSING, remedy)
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
        remedy = "samples are not flagged slow-clock here, only slow-probe; a bare machine tells the frequency"
        return Finding(_CLOCK, name, None, MISSING, remedy)
    return Finding(_CLOCK, name, f"{hz * 1e-9:.2f} GHz now")


def frequency_hz(system: System, numbers: Sequence[int]) -> float | None:
    """The mean frequency of these processors now, None where there is no frequency driver."""
    return mean_frequency_hz([system.path(_CPUFREQ.format(number, "scaling_cur_freq")) for number in numbers])
