"""Measures the peak memory of one call, independently of the bytes that the implementation counts.

On CUDA torch's allocator keeps a high-water mark. On Linux the kernel counts the pages that the call touched: all free
heap is given back beforehand, so that every page the call takes is counted.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from impls.heap import trim_heap

_PROC = Path("/proc/self")
# To /proc/self/clear_refs: set the high-water mark to the memory resident now (proc(5)).
_RESET = "5"
# Below this many pages, half-used pages of the heap decide the result more than the call does.
_LEAST_PAGES = 16
# How far the kernel's quick counters may lag behind the pages themselves, on each processor: the batches of
# lib/percpu_counter.c, and as much as the per-thread ones of mm/memory.c before Linux 6.2.
_LAG_PAGES = 64


def peak_bytes(call: Callable[[], Any], device: str) -> int | None:
    """Bytes that one call takes at its peak, output included, input excluded; None where the system does not tell.

    The call should have run before, so that one-off set-up of a library is not counted. On CUDA exact, in the
    allocator's blocks of 512 B. On Linux to within two pages (8 KiB on x86) of the touched memory, if freed memory
    stays with the process, as in a worker: memory alive at once, and holes that the heap did not fill. None below 16
    pages. Memory mapped and unmapped within the call is seen if it is larger than the counters' lag (512 KiB on two
    processors). Raises whatever the call raises.
    """
    if device == "cuda":
        return _on_cuda(call)
    if sys.platform != "linux":
        return None
    trim_heap()
    return _on_linux(call)


def _on_cuda(call: Callable[[], Any]) -> int:
    import torch

    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    call()
    torch.cuda.synchronize()
    return int(torch.cuda.max_memory_allocated() - before)


def _on_linux(call: Callable[[], Any]) -> int | None:
    try:
        (_PROC / "clear_refs").write_text(_RESET)
    except OSError:
        # A container may hide the file; the mark would then belong to earlier work.
        return None
    quick_before, exact_before = _status_bytes("VmRSS"), _resident_bytes()
    result = call()
    exact, high = _resident_bytes(), _status_bytes("VmHWM")
    # Alive until here: the output is part of the peak.
    del result
    if exact is None or exact_before is None or high is None or quick_before is None:
        return None
    return reading(exact - exact_before, high - quick_before, os.sysconf("SC_PAGE_SIZE"), os.cpu_count() or 1)


def reading(resident: int, high_water: int, page_bytes: int, processors: int) -> int | None:
    """The peak from the bytes that a call left resident (exact) and those by the quick high-water mark.

    The mark counts only if it exceeds the other by more than its lag; None if both are lost in half-used pages.
    """
    lag = page_bytes * processors * max(_LAG_PAGES, 2 * processors)
    peak = high_water if high_water > resident + lag else resident
    return peak if peak >= _LEAST_PAGES * page_bytes else None


def _resident_bytes() -> int | None:
    """Resident memory by the page tables, exact at any time."""
    return _kilobytes(_PROC / "smaps_rollup", "Rss")


def _status_bytes(name: str) -> int | None:
    return _kilobytes(_PROC / "status", name)


def _kilobytes(path: Path, name: str) -> int | None:
    try:
        match = re.search(rf"^{name}:\s+(\d+) kB$", path.read_text(), re.MULTILINE)
    except OSError:
        return None
    return None if match is None else int(match[1]) * 1024
