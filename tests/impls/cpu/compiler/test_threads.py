"""Each part of the work runs once, on the threads of torch's OpenMP or on Numba's."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from impls.cpu.compiler import threads as threading
from impls.cpu.compiler.calls import call, fork
from impls.cpu.compiler.drivers import driver, part
from impls.cpu.compiler.forking import PARTS_A_THREAD
from impls.cpu.compiler.generated import header, module

MARK = """@kernel(3)
def mark(marks, place, ones):
    store_first(marks, place, add(load(ones, 0), load_first(marks, place, 1)), 1)
"""


@part
def _mark(kernel, marks, ones, thread, part, parts):
    # Each part marks its own place; part 0 also marks, behind them, as often as there are parts.
    call(kernel, (marks, part, ones))
    if part == 0:
        for _ in range(parts):
            call(kernel, (marks, parts, ones))


@driver
def _marked(kernel, marks, ones, threads):
    fork(_mark, (kernel, marks, ones), threads)
    fork(_mark, (kernel, marks, ones), threads)


def _marker() -> int:
    head = header("float64", 2, ("load", "load_first", "store_first", "add"))
    address: int = module("threads_mark", head + MARK).mark.address
    return address


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_each_part_runs_once(threads: int) -> None:
    parts = 1 if threads == 1 else PARTS_A_THREAD * threads
    marks, ones = np.zeros(parts + 2), np.ones(2)
    _marked.compiled()(_marker(), marks.ctypes.data, ones.ctypes.data, threads)
    assert marks.tolist() == [2] * parts + [2 * parts, 0]


# Calls of the interpreter: a second or two.
_PATIENCE = 1_000_000


@part
def _noted(note, counts, thread, part, parts):
    # A thread stays in part 0 until all others are done, or it has asked often enough.
    if part == 0:
        while counts[0] < parts - 1 and counts[1] < _PATIENCE:
            call(note, (-1, part))
    call(note, (thread, part))


@driver
def _uneven(note, counts, threads):
    fork(_noted, (note, counts), threads)


def test_a_free_thread_takes_the_parts_of_one_that_is_slow() -> None:
    if threading._openmp() is None:
        pytest.skip("Numba's threads have one part each")
    counts, done = np.zeros(2, np.int64), []

    def noted(thread: int, part: int) -> None:
        counts[int(thread < 0)] += 1
        if thread >= 0:
            done.append((part, thread))

    note = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64)(noted)
    _uneven.compiled()(ctypes.cast(note, ctypes.c_void_p).value, counts.ctypes.data, 2)
    by_part = dict(done)
    assert sorted(part for part, _ in done) == list(range(2 * PARTS_A_THREAD))
    # Also those that were its own.
    assert {by_part[part] for part in range(1, PARTS_A_THREAD)} == {1 - by_part[0]}


def test_they_are_the_threads_of_the_openmp_that_torch_is_linked_with() -> None:
    found = threading._openmp()
    if found is None:
        pytest.skip("torch's OpenMP has no such function")
    library = ctypes.CDLL(None)
    libraries = [ctypes.CDLL(one["filepath"]) for one in threadpool_info() if one["user_api"] == "openmp"]
    places = [ctypes.cast(one.GOMP_parallel, ctypes.c_void_p).value for one in (*libraries, library)
              if hasattr(one, "GOMP_parallel")]  # fmt: skip
    assert found[0] in places


def test_without_it_they_are_numbas() -> None:
    seen: list[tuple[int, ...]] = []
    share = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(lambda *given: seen.append(given))
    kept, address = threading._by_numba()
    run = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 3)(address)
    run(ctypes.cast(share, ctypes.c_void_p).value, 5, 4)
    assert sorted(seen) == [(5, thread, thread, 4) for thread in range(4)]
    assert kept is not None
