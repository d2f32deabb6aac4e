"""The processors that this process may run on."""

from __future__ import annotations

import os

from bench.errors import UsageError


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


def require_threads(wanted: int | None) -> int:
    """The wanted number of threads, by default one per processor. Raises UsageError if there are fewer processors."""
    threads = available_threads() if wanted is None else wanted
    if not 1 <= threads <= available_threads():
        raise UsageError(f"cannot use {threads} threads; allowed: 1 to {available_threads()}")
    return threads
