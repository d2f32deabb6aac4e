"""The last-level cache: how large it is, and how to push everything out of it before a cold sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

_CPU_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}
# Where the system does not tell: as large as the last-level caches of today's desktop processors.
_FALLBACK_BYTES = 64 * 2**20
# Twice the cache, so that even a replacement that is not least-recently-used leaves nothing.
_FACTOR = 2


def last_level_bytes(device: str) -> int | None:
    """Bytes of the last-level cache of a device, None where the system does not tell."""
    if device == "cuda":
        import torch

        return int(torch.cuda.get_device_properties(0).L2_cache_size)
    levels = sorted(_CPU_CACHES.glob("index*"), key=lambda p: int((p / "level").read_text()))
    if not levels:
        return None
    text = (levels[-1] / "size").read_text().strip()
    return int(text[:-1]) * _UNITS[text[-1]] if text[-1] in _UNITS else int(text)


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
