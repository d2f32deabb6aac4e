"""The environment variables that pin the threads and the allocator of a process started with them."""

from __future__ import annotations

# Freed memory stays with the process when malloc never uses mmap and never trims, so a fresh output costs no page
# faults: glibc's defaults cost some convolutions half their speed. Other allocators ignore these variables.
_MALLOC = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**40),
    "MALLOC_TOP_PAD_": str(64 * 2**20),
}
# Waiting threads spin for some 30 µs and then sleep. GNU OpenMP's default is some thirty times longer: where the other
# core is busy, the spinning thread then keeps the working one from the processor. The OpenMP of Intel and LLVM (in MKL,
# in Intel's wheels, in plug-ins) spins for 200 ms by default: through hundreds of samples of the other candidates. Its
# unit is a millisecond, and 0 sleeps at once.
_WAITING = {"GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "0"}
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
_FIXED = {"OMP_DYNAMIC": "FALSE", "MKL_DYNAMIC": "FALSE"}


# The ways in which malloc serves a worker: pinned as above, or as in a user's program that sets nothing.
PINNED_MALLOC, DEFAULT_MALLOC = "pinned", "default"
MALLOCS = (PINNED_MALLOC, DEFAULT_MALLOC)


def variables(threads: int, malloc: str = PINNED_MALLOC) -> dict[str, str]:
    """The variables that give every library `threads` threads; if pinned, glibc's malloc returns no memory."""
    pinned = _MALLOC if malloc == PINNED_MALLOC else {}
    return {**pinned, **_WAITING, **dict.fromkeys(_THREADS, str(threads)), **_FIXED}


def unset(malloc: str) -> frozenset[str]:
    """The variables that a process with this malloc must not inherit."""
    return frozenset(_MALLOC) if malloc == DEFAULT_MALLOC else frozenset()
