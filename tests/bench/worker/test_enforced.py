"""A worker refuses to measure if a setting did not take effect, and names it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import InfrastructureError
from bench.machine.processors import available_threads, processors
from bench.worker.client import Worker
from bench.worker.enforced import NotEnforced, heap_changes, malloc_state, require, run_on
from bench.worker.settings import Settings

ROOT = Path(__file__).parents[3]
BLOCK = 64 * 2**20
needs_affinity = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system knows no affinity")


@pytest.mark.parametrize(("threads", "affinity"), [(1, (2,)), (2, (2, 5)), (3, (2, 5, 7)), (9, (2, 5, 7))])
def test_the_first_processors_are_used_by_default(
    monkeypatch: pytest.MonkeyPatch, threads: int, affinity: tuple[int, ...]
) -> None:
    monkeypatch.setattr("bench.worker.settings.processors", lambda: (2, 5, 7))
    assert Settings(threads).affinity == affinity
    assert Settings(threads, affinity=(7, 5)).affinity == (5, 7)


def test_a_system_without_affinity_has_no_processors_to_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    assert Settings(2).affinity is None
    assert available_threads() == os.cpu_count()
    run_on(None)


def test_the_first_difference_is_named() -> None:
    require([("OMP_NUM_THREADS", "2", "2"), ("affinity", (0, 1), (0, 1))])
    with pytest.raises(NotEnforced, match=r"NUMBA_NUM_THREADS did not take effect.*: wanted 2, found None;"):
        require([("OMP_NUM_THREADS", "2", "2"), ("NUMBA_NUM_THREADS", "2", None), ("affinity", (0,), (1,))])


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        (None, "unknown"),
        ({"in_heap": BLOCK + 16, "mapped": 0, "kept": BLOCK}, "pinned"),
        # Another allocator: glibc's counts do not change.
        ({"in_heap": 0, "mapped": 0, "kept": BLOCK}, "unknown"),
    ],
)
def test_the_state_of_the_allocator_is_named(changes: Mapping[str, int] | None, state: str) -> None:
    assert malloc_state(changes) == state


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"in_heap": 0, "mapped": BLOCK + 4096, "kept": BLOCK}, "MALLOC_MMAP_MAX_"),
        ({"in_heap": BLOCK + 16, "mapped": 0, "kept": 4096}, "MALLOC_TRIM_THRESHOLD_"),
    ],
)
def test_an_allocator_that_is_not_pinned_is_refused(changes: Mapping[str, int], setting: str) -> None:
    with pytest.raises(NotEnforced, match=setting):
        malloc_state(changes)


@pytest.mark.parametrize(("pinned", "said"), [(True, "pinned"), (False, "MALLOC_MMAP_MAX_) did not take effect")])
def test_the_state_is_that_of_glibc_itself(pinned: bool, said: str) -> None:
    if heap_changes() is None:
        pytest.skip("needs glibc 2.33 or later")
    unpinned = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    environment = Settings(1).environment() if pinned else {**unpinned, "PYTHONPATH": str(ROOT)}
    program = "from bench.worker.enforced import heap_changes, malloc_state; print(malloc_state(heap_changes()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment)
    assert said in done.stdout + done.stderr


@needs_affinity
def test_missing_processors_are_refused() -> None:
    with pytest.raises(NotEnforced, match="affinity did not take effect"):
        run_on((10**5,))


@pytest.mark.slow
def test_the_settings_found_are_in_the_environment() -> None:
    order = Settings(1)
    with Worker(order) as worker:
        environment = worker.start()
    assert environment["affinity"] == (None if order.affinity is None else str(order.affinity[0]))
    assert environment["malloc"] in ("pinned", "unknown")
    assert environment["omp"] is None or "(1 thread)" in environment["omp"]
    assert environment["import_torch_s"] > 0


@pytest.mark.full
@pytest.mark.parametrize("malloc", ["pinned", "default"])
def test_a_worker_has_the_malloc_that_was_asked_for(monkeypatch: pytest.MonkeyPatch, malloc: str) -> None:
    if heap_changes() is None:
        pytest.skip("needs glibc 2.33 or later")
    # A variable of the user's own does not reach a worker with the default.
    monkeypatch.setenv("MALLOC_MMAP_MAX_", "0")
    with Worker(Settings(1, malloc=malloc)) as worker:
        assert worker.start()["malloc"] == malloc


SETS_THREADS = """
import os
import torch
import impls

{line}


@impls.register
class Mine(impls.Implementation):
    name = "mine"

    def plan(self, case, weight, bias):
        return None
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "torch.set_num_threads(3)",
            "torch.get_num_threads() did not take effect in the worker process: wanted 1, found 3",
        ),
        pytest.param(
            "os.environ['NUMBA_NUM_THREADS'] = '7'",
            "NUMBA_NUM_THREADS did not take effect",
            marks=pytest.mark.full,
        ),
    ],
)
def test_a_plugin_that_sets_threads_is_refused(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(SETS_THREADS.format(line=line))
    with Worker(Settings(1, (path,))) as worker:
        with pytest.raises(InfrastructureError) as raised:
            worker.start()
        assert worker.environment is None
    assert said in str(raised.value)


@pytest.mark.slow
@needs_affinity
def test_an_impossible_affinity_is_an_infrastructure_error() -> None:
    order = replace(Settings(1), affinity=(*(processors() or ()), 10**5))
    with Worker(order) as worker, pytest.raises(InfrastructureError, match="affinity did not take effect"):
        worker.start()
