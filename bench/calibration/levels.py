"""The levels of the memory as a number of threads sees them. Pure functions of what the system tells."""

from __future__ import annotations

from collections.abc import Iterable

from bench.calibration.value import Level
from bench.machine.caches import CacheLevel

MEMORY = "memory"


def levels_for(caches: Iterable[CacheLevel], threads: int, cpus: frozenset[int]) -> tuple[Level, ...]:
    """Caches with what `threads` threads on `cpus` have of them together, then the memory; rates are not known yet.

    A private cache counts once a thread, a shared one once for all that share it.
    """
    found = []
    for cache in caches:
        used = _used(cache, threads, cpus)
        found.append(Level(f"L{cache.level}", cache.bytes * used, None, shared=used < threads))
    return (*found, Level(MEMORY, None, None, shared=threads > 1))


def _used(cache: CacheLevel, threads: int, cpus: frozenset[int]) -> int:
    """How many caches of this level `threads` threads use, spread out as a scheduler does."""
    sharing = len(cache.cpus & cpus) or len(cache.cpus)
    return min(threads, -(-len(cpus) // sharing))
