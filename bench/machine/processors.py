"""The processors that this process may run on."""

from __future__ import annotations

import os

from bench.errors import UsageError


def processors() -> tuple[int, ...] | None:
    """Numbers of the processors that this process may run on, None where the system does not tell."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else None


def available_cpus() -> frozenset[int]:
    """Processors that this process may run on."""
    allowed = processors()
    return frozenset(range(os.cpu_count() or 1) if allowed is None else allowed)


def available_threads() -> int:
    """How many processors this process may run on."""
    return len(available_cpus())


def require_threads(wanted: int | None) -> int:
    """So many threads, all by default. Raises UsageError if there are not as many processors."""
    threads = available_threads() if wanted is None else wanted
    if not 1 <= threads <= available_threads():
        raise UsageError(f"{threads} threads are not to be had; allowed: 1 to {available_threads()}")
    return threads
