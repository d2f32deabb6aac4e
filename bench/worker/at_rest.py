"""Notices threads that use the processor while all candidates rest, and processes that a candidate left behind.

The threads of the libraries' pools sleep soon after a call. A thread that goes on takes a core from every candidate
that runs after its author, and shows in the times of the others only.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

_TASKS = Path("/proc/self/task")
# A pool whose threads wait actively for their next work does so for some 30 µs (bench.machine.pinning): little of this.
_NAP_S = 2e-3
# So many longer naps, and a thread that runs at the end of all of them does not stop by itself.
_NAPS, _LONG_NAP_S = 6, 0.05


def running_at_rest() -> frozenset[int]:
    """The threads of this process that run while the calling thread sleeps, and do not stop soon.

    Takes 2 ms where all rest, 0.3 s where a thread runs on. Empty where the system does not tell.
    """
    time.sleep(_NAP_S)
    found = _running()
    for _ in range(_NAPS):
        if not found:
            break
        time.sleep(_LONG_NAP_S)
        found &= _running()
    return found


def _running() -> frozenset[int]:
    """The other threads that run, or wait for a processor: on a busy machine these use little of it."""
    found, own = set(), threading.get_native_id()
    for thread in threads():
        # It may have ended meanwhile. The state follows the name, which is in brackets (proc(5), stat).
        with suppress(OSError):
            state = (_TASKS / str(thread) / "stat").read_text().rpartition(")")[2].split()[0]
            if state == "R" and thread != own:
                found.add(thread)
    return frozenset(found)


def threads() -> frozenset[int]:
    """The system's numbers of the threads of this process, Python's and others; empty where it does not tell."""
    return frozenset(int(entry.name) for entry in os.scandir(_TASKS)) if _TASKS.is_dir() else frozenset()


def children() -> frozenset[int]:
    """The processes that this one started and that have not ended; empty where the system does not tell."""
    found: set[int] = set()
    for thread in threads():
        # It may have ended meanwhile, or the kernel was built without this file.
        with suppress(OSError):
            found |= set(map(int, (_TASKS / str(thread) / "children").read_text().split()))
    return frozenset(found)
