"""Shares run once for each thread, on the threads of torch's OpenMP or on Numba's."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from impls.cpu.compiler import threads as threading
from impls.cpu.compiler.calls import call, fork
from impls.cpu.compiler.drivers import driver, part
from impls.cpu.compiler.generated import header, module

MARK = """@kernel(3)
def mark(marks, thread, ones):
    store_first(marks, thread, add(load(ones, 0), load_first(marks, thread, 1)), 1)
"""


@part
def _mark(kernel, marks, ones, thread, threads):
    # As often as there are threads.
    for _ in range(threads):
        call(kernel, (marks, thread, ones))


@driver
def _marked(kernel, marks, ones, threads):
    fork(_mark, (kernel, marks, ones), threads)
    fork(_mark, (kernel, marks, ones), threads)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_each_share_runs_once(threads: int) -> None:
    marks, ones = np.zeros(threads + 1), np.ones(2)
    head = header("float64", 2, ("load", "load_first", "store_first", "add"))
    kernel = module("threads_mark", head + MARK).mark.address
    _marked.compiled()(kernel, marks.ctypes.data, ones.ctypes.data, threads)
    assert marks.tolist() == [2 * threads] * threads + [0]


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
    seen: list[tuple[int, int]] = []
    share = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64)(lambda data, thread: seen.append((data, thread)))
    kept, address = threading._by_numba()
    run = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 3)(address)
    run(ctypes.cast(share, ctypes.c_void_p).value, 5, 4)
    assert sorted(seen) == [(5, thread) for thread in range(4)]
    assert kept is not None
