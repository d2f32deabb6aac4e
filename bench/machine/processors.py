"""The processors that this process may run on."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bench.errors import UsageError
from bench.format import count

_SIBLINGS = Path("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list")


def processors() -> tuple[int, ...] | None:
    """Numbers of the processors that this process may run on, None where the system does not report them."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else None


def available_cpus() -> frozenset[int]:
    """Numbers of the processors that this process may run on; all processors where the system reports none."""
    allowed = processors()
    return frozenset(range(os.cpu_count() or 1) if allowed is None else allowed)


def available_threads() -> int:
    """The number of processors that this process may run on."""
    return len(available_cpus())


def allotted_cores(siblings: Path = _SIBLINGS) -> int:
    """The number of cores of the processors that this process may run on.

    In a virtual machine that hides shared cores, each processor counts as a core.
    """
    try:
        a_core = len(re.findall(r"\d+", siblings.read_text()))
    except OSError:
        a_core = 1
    return max(available_threads() // max(a_core, 1), 1)


def require_threads(wanted: int | None, remedy: str | None = None) -> int:
    """The wanted number of threads, by default one per processor.

    Raises UsageError if there are fewer processors; `remedy` is what to do then, by default to type another number.
    """
    most = available_threads()
    threads = most if wanted is None else wanted
    if threads < 1:
        raise UsageError(f"cannot use {threads} threads; allowed: 1 to {most}, the processors available here")
    if threads > most:
        here = f"{count(most, 'processor')} {'is' if most == 1 else 'are'} available to this process"
        lower = "type --threads 1" if most == 1 else f"type --threads {most} or less"
        raise UsageError(f"cannot use {threads} threads: {here}; {remedy or lower}")
    return threads
