"""Gives free memory back to the system and the device."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back_memory() -> None:
    """Return free memory to the system and the device: several workers run side by side, and all but one wait."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    trim_heap()


def trim_heap() -> None:
    """Return the free heap to the system."""
    if sys.platform == "linux":
        # A function of glibc. Workers switch automatic trimming off, so this is the only way.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
