"""Gives free memory back to the system and the device."""

from __future__ import annotations

import gc

from impls.heap import trim_heap


def give_back_memory() -> None:
    """Return free memory to the system and the device: several workers run side by side, and all but one wait."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    trim_heap()
