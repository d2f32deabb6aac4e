"""Evicts everything from the caches before a cold sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.machine.caches import last_level_bytes

# Used where the cache size is unknown: the last-level cache of today's desktop processors.
_FALLBACK_BYTES = 64 * 2**20
# Twice the cache, so that nothing stays even with a replacement policy other than least recently used.
_FACTOR = 2


def evictor(device: str) -> Callable[[], None]:
    """A function that overwrites twice the bytes of the last-level cache."""
    size = _FACTOR * (last_level_bytes(device) or _FALLBACK_BYTES)
    if device == "cuda":
        import torch

        on_device = torch.empty(size, dtype=torch.uint8, device="cuda")

        def evict_device() -> None:
            on_device.zero_()

        return evict_device
    buffer = np.zeros(size, dtype=np.uint8)
    value = 0

    def evict() -> None:
        nonlocal value
        # The value changes each time, because hardware may skip writes that change nothing.
        value = (value + 1) % 251
        buffer.fill(value)

    return evict
