"""Plans compiled for GPUs that are not there, by several processes: most of the time is Triton's own, in one thread."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from impls.gpu.proof import Build, compiled_for

# A launch with tensors of the CPU, as a function of a module: it travels to another process by its name.
Launch = tuple[Callable[..., None], tuple[object, ...]]


def compile_all(launches: Sequence[tuple[int, Launch]], cache: Path) -> list[list[Build]]:
    """What each launch compiles for its compute capability, in order. Raises what the first that fails raises."""
    context = multiprocessing.get_context("spawn")
    processes = min(len(os.sched_getaffinity(0)), 8)
    with ProcessPoolExecutor(processes, context, initializer=_keep_apart, initargs=(str(cache),)) as pool:
        return list(pool.map(_compiled, launches))


def _keep_apart(cache: str) -> None:
    # Nothing comes from an earlier run, nothing is left in the home folder.
    os.environ["TRITON_CACHE_DIR"] = cache


def _compiled(launch: tuple[int, Launch]) -> list[Build]:
    capability, (function, arguments) = launch
    with compiled_for(capability) as builds:
        function(*arguments)
    return builds
