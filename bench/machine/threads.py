"""The OpenMP runtimes of this process and the threads that each of them uses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path


def openmp_threads() -> dict[str, int]:
    """The number of threads of each OpenMP runtime in this process, by its name ("libgomp"); empty if none is loaded.

    Wheels bring copies of their own: two copies of one runtime are listed by their file names.
    """
    from threadpoolctl import threadpool_info

    found = [library for library in threadpool_info() if library["user_api"] == "openmp"]
    copies = Counter(library["prefix"] for library in found)
    return {_name(library, copies[library["prefix"]]): int(library["num_threads"]) for library in found}


def _name(library: dict[str, str], copies: int) -> str:
    return library["prefix"] if copies == 1 else Path(library["filepath"]).name
