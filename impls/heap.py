"""Gives free memory back to the system."""

from __future__ import annotations

import ctypes
import sys


def trim_heap() -> None:
    """Return the free heap to the system."""
    if sys.platform == "linux":
        # A function of glibc. Its own trimming reaches the end of the heap only, and workers switch that off.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
