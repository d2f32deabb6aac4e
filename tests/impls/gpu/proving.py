"""Compiles plans for absent GPUs in several processes: most of the time is Triton's own, in one thread."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from impls.gpu.proof import Build, compiled_for

# A launch with tensors of the CPU, by a function of a module: another process finds it by name.
Launch = tuple[Callable[..., None], tuple[object, ...]]


def compile_all(launches: Sequence[tuple[int, Launch]], cache: Path) -> list[list[Build]]:
    """The builds of each launch for its compute capability, in order. Raises the first error."""
    context = multiprocessing.get_context("spawn")
    processes = min(len(os.sched_getaffinity(0)), 8)
    with ProcessPoolExecutor(processes, context, initializer=_keep_apart, initargs=(str(cache),)) as pool:
        return list(pool.map(_compiled, launches))


def _keep_apart(cache: str) -> None:
    # Uses nothing of an earlier run, and leaves nothing in the home folder.
    os.environ["TRITON_CACHE_DIR"] = cache


def _compiled(launch: tuple[int, Launch]) -> list[Build]:
    capability, (function, arguments) = launch
    with compiled_for(capability) as builds:
        function(*arguments)
    return builds
