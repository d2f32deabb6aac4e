"""Giving free memory back to the system and the device."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back_memory() -> None:
    """Return what is free to the system and the device: several workers live side by side, and all but one wait."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    trim_heap()


def trim_heap() -> None:
    """Return the free heap to the system."""
    if sys.platform == "linux":
        # glibc's own; with trimming off this is the only way.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
