"""The threads of OpenMP runtimes, and the variables that pin them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from bench.machine.pinning import variables
from bench.machine.threads import openmp_threads


def library(prefix: str, file: str, threads: int, api: str = "openmp") -> dict[str, Any]:
    return {"user_api": api, "prefix": prefix, "filepath": file, "num_threads": threads}


@pytest.mark.parametrize(
    ("loaded", "found"),
    [
        ([], {}),
        ([library("libopenblas", "/a/libopenblas.so", 8, "blas")], {}),
        ([library("libgomp", "/a/libgomp-1.so", 2)], {"libgomp": 2}),
        (
            [library("libgomp", "/a/libgomp-1.so", 2), library("libiomp", "/b/libiomp5.so", 3)],
            {"libgomp": 2, "libiomp": 3},
        ),
        # Two copies of one runtime keep their own threads: neither hides the other.
        (
            [library("libgomp", "/a/libgomp-1.so", 2), library("libgomp", "/b/libgomp.so.1", 7)],
            {"libgomp-1.so": 2, "libgomp.so.1": 7},
        ),
    ],
)
def test_openmp_runtimes_are_listed_by_name(
    monkeypatch: pytest.MonkeyPatch, loaded: list[dict[str, Any]], found: dict[str, int]
) -> None:
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: loaded)
    assert openmp_threads() == found


def test_pinned_threads_are_the_threads_of_the_runtime() -> None:
    program = "import torch; from bench.machine.threads import openmp_threads; print(set(openmp_threads().values()))"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **variables(3)}, capture_output=True, text=True, check=True
    )
    # No runtime where torch was built without OpenMP.
    assert done.stdout.strip() in ("{3}", "set()")


@pytest.mark.parametrize("threads", [1, 7])
def test_every_library_gets_the_same_number_of_threads(threads: int) -> None:
    pinned = variables(threads)
    assert {value for name, value in pinned.items() if name.endswith("_NUM_THREADS")} == {str(threads)}
    assert pinned["OMP_DYNAMIC"] == pinned["MKL_DYNAMIC"] == "FALSE"
    assert pinned["MALLOC_MMAP_MAX_"] == "0"
