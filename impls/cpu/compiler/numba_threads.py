"""Runs shares of work on Numba's threads. Used where torch's OpenMP cannot be found."""

from __future__ import annotations

import numba

from impls.cpu.compiler.calls import call


@numba.njit(parallel=True, nogil=True, error_model="numpy")
def _loop(share, data, threads):
    for thread in numba.prange(threads):
        call(share, (data, thread))


@numba.cfunc("void(int64, int64, int64)")
def on_threads(share, data, threads):
    """Call the function at `share` as share(data, thread) for each thread."""
    _loop(share, data, threads)
