"""The processors that this process may run on."""

from __future__ import annotations

import os

from bench.errors import UsageError
from bench.format import count


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
