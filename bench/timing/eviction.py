"""Evicts everything from the caches before a cold sample."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np

from bench.machine.caches import cpu_levels, last_level_bytes
from bench.machine.processors import processors

# Used where the cache size is unknown: the last-level cache of today's desktop processors.
_FALLBACK_BYTES = 64 * 2**20
# Twice the cache, so that nothing stays even with a replacement policy other than least recently used.
_FACTOR = 2
# For the threads to meet: far more than a busy machine needs.
_MEETING_S = 60.0


def evictor(device: str) -> Callable[[], None]:
    """A function that overwrites twice the bytes of the last-level cache.

    On the CPU every processor of this process overwrites a share of them, and at least twice the caches of its own: a
    core's private caches keep what another core only pushes out of the shared one.
    """
    size = _FACTOR * (last_level_bytes(device) or _FALLBACK_BYTES)
    if device == "cuda":
        import torch

        on_device = torch.empty(size, dtype=torch.uint8, device="cuda")

        def evict_device() -> None:
            on_device.zero_()

        return evict_device
    return _CpuEvictor(processors() or (None,), size).evict


class _CpuEvictor:
    """One thread on each processor, with a buffer of its own; `None` is a processor that no thread can be pinned to."""

    def __init__(self, cpus: tuple[int, ...] | tuple[None], size: int) -> None:
        # All but the last level belong to few processors.
        private = sum(level.bytes for level in cpu_levels()[:-1])
        share = max(size // len(cpus), _FACTOR * private)
        self._buffers = [np.zeros(share, dtype=np.uint8) for _ in cpus]
        self._pool = ThreadPoolExecutor(len(cpus), thread_name_prefix="evict")
        # No thread may take the place of another that is not pinned yet. The limit: where a thread cannot be started,
        # the others do not wait for it for ever.
        self._together = Barrier(len(cpus), timeout=_MEETING_S)
        list(self._pool.map(_pin, cpus, [self._together] * len(cpus)))

    def evict(self) -> None:
        list(self._pool.map(self._overwrite, self._buffers))

    def _overwrite(self, buffer: np.ndarray) -> None:
        # Each thread takes one buffer.
        self._together.wait()
        # Reads and writes each byte, without Python's lock; the values change each time.
        np.add(buffer, 1, out=buffer)


def _pin(cpu: int | None, together: Barrier) -> None:
    together.wait()
    if cpu is not None:
        # 0 is the calling thread.
        os.sched_setaffinity(0, {cpu})
