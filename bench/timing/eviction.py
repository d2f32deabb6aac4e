"""The caches: how large they are, who shares them, and how to push everything out of them before a cold sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.machine.caches import last_level_bytes

# Where the system does not tell: as large as the last-level caches of today's desktop processors.
_FALLBACK_BYTES = 64 * 2**20
# Twice the cache, so that even a replacement that is not least-recently-used leaves nothing.
_FACTOR = 2


def evictor(device: str) -> Callable[[], None]:
    """A call that overwrites twice the last-level cache."""
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
        # A changing value: writing what is there already may be noticed and left out.
        value = (value + 1) % 251
        buffer.fill(value)

    return evict
