"""The cache levels and the memory as a number of threads sees them. Pure functions of the reported caches."""

from __future__ import annotations

from collections.abc import Iterable

from bench.calibration.value import Level
from bench.machine.caches import CacheLevel

MEMORY = "memory"


def levels_for(caches: Iterable[CacheLevel], threads: int, cpus: frozenset[int]) -> tuple[Level, ...]:
    """The caches with the bytes that `threads` threads on `cpus` can use together, then the memory; without rates.

    A private cache counts once per thread, a shared cache once for all threads that share it.
    """
    found = []
    for cache in caches:
        used = _used(cache, threads, cpus)
        found.append(Level(f"L{cache.level}", cache.bytes * used, None, shared=used < threads))
    return (*found, Level(MEMORY, None, None, shared=threads > 1))


def _used(cache: CacheLevel, threads: int, cpus: frozenset[int]) -> int:
    """The number of caches of this level that `threads` threads use when a scheduler spreads them out."""
    sharing = len(cache.cpus & cpus) or len(cache.cpus)
    return min(threads, -(-len(cpus) // sharing))
