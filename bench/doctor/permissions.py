"""Examines the permissions of this process: read energy counters, reset its peak memory, choose its processors."""

from __future__ import annotations

import os
import re

from bench.doctor.finding import Finding, Rating
from bench.doctor.system import System

AFFINITY = "sched_setaffinity"
_SECTION = "permissions"
_PARANOID = "/proc/sys/kernel/perf_event_paranoid"
# Counters of a whole processor, such as energy, may be read at this level or below (admin-guide/sysctl/kernel.rst).
_OPEN_LEVEL = 0
# Bits of CapEff (linux/capability.h) that allow reading at any level: CAP_SYS_ADMIN, CAP_PERFMON.
_CAPABILITIES = 1 << 21 | 1 << 38
_RAPL = "/sys/class/powercap/intel-rapl:*/energy_uj"


def permissions(system: System) -> list[Finding]:
    """perf events, powercap, /proc/self/clear_refs and sched_setaffinity."""
    return [_perf(system), _powercap(system), _clear_refs(system), _affinity()]


def _perf(system: System) -> Finding:
    name, level = "perf events", system.number(_PARANOID)
    if level is None:
        remedy = "this kernel or container has no perf events; only powercap can read RAPL"
        return Finding(_SECTION, name, None, Rating.MISSING, remedy)
    value = f"perf_event_paranoid is {level}"
    if level <= _OPEN_LEVEL:
        return Finding(_SECTION, name, value)
    if _effective(system) & _CAPABILITIES:
        return Finding(_SECTION, name, f"{value}, but this process has the capability")
    remedy = f"for RAPL by perf: sudo sysctl kernel.perf_event_paranoid={_OPEN_LEVEL}"
    return Finding(_SECTION, name, value, Rating.MIND, remedy)


def _effective(system: System) -> int:
    match = re.search(r"^CapEff:\s*([0-9a-f]+)$", system.text("/proc/self/status") or "", re.MULTILINE)
    return int(match[1], 16) if match else 0


def _powercap(system: System) -> Finding:
    name, files = "powercap", system.matching(_RAPL)
    if not files:
        remedy = "on bare metal: sudo modprobe intel_rapl_msr (for AMD Zen too); a virtual machine has no RAPL"
        return Finding(_SECTION, name, None, Rating.MISSING, remedy)
    readable = [file for file in files if system.number(file) is not None]
    value = f"{len(readable)} of {len(files)} RAPL packages can be read"
    if len(readable) == len(files):
        return Finding(_SECTION, name, value)
    return Finding(_SECTION, name, value, Rating.MIND, f"until the next boot: sudo chmod a+r {_RAPL}")


def _clear_refs(system: System) -> Finding:
    name, file = "clear_refs", "/proc/self/clear_refs"
    if system.is_writable(file):
        return Finding(_SECTION, name, "can be written: peak memory is measured")
    return Finding(_SECTION, name, None, Rating.MISSING, f"peak memory stays null; run where {file} can be written")


def _affinity() -> Finding:
    if not hasattr(os, "sched_setaffinity"):
        return Finding(
            _SECTION, AFFINITY, None, Rating.MIND, "this system cannot pin processes; expect times to scatter more"
        )
    try:
        # The same processors as now: this changes nothing.
        os.sched_setaffinity(0, os.sched_getaffinity(0))
    except OSError as error:
        remedy = "workers refuse to measure unless they can be pinned; allow this system call in the container"
        return Finding(_SECTION, AFFINITY, f"refused ({error.strerror})", Rating.MISSING, remedy)
    return Finding(_SECTION, AFFINITY, "allowed: workers are pinned")
