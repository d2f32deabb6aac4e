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
# A thread that has used so much of a processor during longer naps does not stop by itself: a pool that spins as its
# library prefers stops after some milliseconds. On a busy machine a thread waits long for a processor to stop on.
_MOST_USED_S = 0.03
_NAPS, _LONG_NAP_S = 40, 0.05


def running_at_rest() -> frozenset[int]:
    """The threads of this process that run while the calling thread sleeps, and do not stop soon.

    Takes 2 ms where all rest, 0.1 s where a thread runs on, 2 s at most. Empty where the system does not tell.
    """
    time.sleep(_NAP_S)
    found = _running()
    before = {thread: _used_s(thread) for thread in found}
    for _ in range(_NAPS):
        if not found:
            break
        time.sleep(_LONG_NAP_S)
        found &= _running()
        if guilty := frozenset(thread for thread in found if _used_s(thread) - before[thread] > _MOST_USED_S):
            return guilty
    return frozenset()


def _used_s(thread: int) -> float:
    """Seconds of a processor that a thread has used; 0 if it has ended or the system does not tell."""
    # On a processor, waiting for one (both in ns), number of turns (Linux, Documentation/scheduler/sched-stats).
    with suppress(OSError):
        return int((_TASKS / str(thread) / "schedstat").read_text().split()[0]) * 1e-9
    return 0.0


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
