"""Checks that the settings took effect inside the worker, by asking the libraries after all of them are loaded.

A setting without effect (a container that pins, a start-up file or a plug-in that sets threads, another allocator)
makes times that cannot be compared with others, and nothing in the times shows it: such a worker measures nothing.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from bench.format import count
from bench.machine.pinning import DEFAULT_MALLOC, PINNED_MALLOC
from bench.machine.processors import processors
from bench.machine.threads import openmp_threads
from bench.worker.settings import Settings

# Twice glibc's largest default threshold of mmap (DEFAULT_MMAP_THRESHOLD_MAX, 32 MiB on 64 bits).
_BLOCK_BYTES = 64 * 2**20
# The fields of glibc's struct mallinfo2 (malloc.h), in order.
_MALLINFO2 = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()  # noqa: SIM905


class NotEnforced(Exception):
    """A setting did not take effect; the message names it, with the wanted and the found value."""

    def __init__(self, setting: str, wanted: object, found: object) -> None:
        super().__init__(
            f"{setting} did not take effect in the worker process: wanted {wanted}, found {found}; "
            "is it set by the container, a start-up file or a plug-in?"
        )


def require(facts: Iterable[tuple[str, object, object]]) -> None:
    """Raise NotEnforced for the first (setting, wanted, found) whose two values differ."""
    for setting, wanted, found in facts:
        if wanted != found:
            raise NotEnforced(setting, wanted, found)


def run_on(affinity: tuple[int, ...] | None) -> None:
    """Restrict this process to these processors. Raises NotEnforced if the system does not allow it."""
    if affinity is None:
        return
    try:
        os.sched_setaffinity(0, affinity)
    except OSError as error:
        raise NotEnforced("affinity", affinity, f"{processors()} ({error.strerror})") from error


def what_holds(settings: Settings) -> dict[str, Any]:
    """The settings found, as columns of the environment: affinity, omp, malloc. Raises NotEnforced."""
    import torch

    wanted, threads = settings.variables(), settings.threads
    runtimes = openmp_threads()
    facts: list[tuple[str, object, object]] = [(name, value, os.environ.get(name)) for name, value in wanted.items()]
    if settings.affinity is not None:
        facts.append(("affinity", settings.affinity, processors()))
    facts.append(("torch.get_num_threads()", threads, torch.get_num_threads()))
    facts += [(f"omp_get_max_threads() of {name}", threads, found) for name, found in runtimes.items()]
    if "numba" in sys.modules:
        # Loaded by a plug-in; otherwise it reads the variable above when it is loaded.
        facts.append(("numba.config.NUMBA_NUM_THREADS", threads, sys.modules["numba"].config.NUMBA_NUM_THREADS))
    require(facts)
    return {
        "affinity": None if settings.affinity is None else ",".join(map(str, settings.affinity)),
        "omp": "; ".join(f"{name} ({count(found, 'thread')})" for name, found in runtimes.items()) or None,
        "malloc": malloc_state(heap_changes(), settings.malloc),
    }


class _Mallinfo2(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_size_t) for name in _MALLINFO2)


def heap_changes() -> dict[str, int] | None:
    """Where glibc puts a block of 64 MiB, in bytes: `in_heap`, `mapped`, and `kept` in the heap once freed.

    None without glibc 2.33 or later. All differences are 0 if another allocator serves this process.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    info = getattr(libc, "mallinfo2", None)
    if info is None:
        return None
    info.restype = _Mallinfo2
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    libc.free.restype, libc.free.argtypes = None, (ctypes.c_void_p,)
    before = info()
    block = libc.malloc(_BLOCK_BYTES)
    during = info()
    libc.free(block)
    after = info()
    return {
        "in_heap": during.uordblks - before.uordblks,
        "mapped": during.hblkhd - before.hblkhd,
        "kept": after.arena - during.arena + _BLOCK_BYTES,
    }


def allocator_state(changes: Mapping[str, int] | None) -> str:
    """The way in which malloc serves this process, from `heap_changes`.

    "pinned" if glibc keeps large blocks in its heap, freed ones too; "default" if it maps large blocks one by one;
    "trimming" if it gives freed blocks back; "unknown" for another allocator.
    """
    if changes is None:
        return "unknown"
    if changes["mapped"] >= _BLOCK_BYTES:
        return DEFAULT_MALLOC
    if changes["in_heap"] < _BLOCK_BYTES:
        return "unknown"
    return "trimming" if changes["kept"] < _BLOCK_BYTES else PINNED_MALLOC


def malloc_state(changes: Mapping[str, int] | None, wanted: str = PINNED_MALLOC) -> str:
    """The state of malloc. Raises NotEnforced if glibc serves this process in another way than `wanted`."""
    found = allocator_state(changes)
    if found not in (wanted, "unknown"):
        variable = "MALLOC_TRIM_THRESHOLD_" if found == "trimming" else "MALLOC_MMAP_MAX_"
        raise NotEnforced(f"malloc ({variable})", wanted, found)
    return found
