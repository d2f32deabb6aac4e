"""Loading and compiling are timed where they happen, once in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.worker.loading import JitTimer, Loading, loading
from impls.errors import UnknownImplementation

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow


def _in_a_process(program: str, folder: Path) -> Any:
    """What the program prints as JSON; its kernels are kept in a folder of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CONVCOST_CACHE": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_unused_implementation_has_no_loading_time() -> None:
    assert loading("no such implementation") == Loading(None, 0.0)


LOADING = """
import json
import torch
from bench.worker import loading
from impls import Case, ConvProblem, UnknownImplementation

found, case = [], Case(ConvProblem.parse("mb1ic2ih6oc2kh3ph1"))
for name in ("winograd-f2", "winograd-f4", "direct", "direct"):
    loading.load_modules(loading.make(name), case)
    found.append([loading.loading(name).import_s, loading.loading(name).jit_s])
try:
    loading.make("nonsense")
except UnknownImplementation:
    found.append("unknown")
print(json.dumps(found))
"""


def test_the_first_user_of_a_module_has_its_loading_time(tmp_path: Path) -> None:
    first, second, direct, again, unknown = _in_a_process(LOADING, tmp_path)
    assert first[0] > 0
    # The same module: nothing was left to load.
    assert second == [None, 0.0]
    assert direct[0] > 0
    assert direct == again
    assert unknown == "unknown"


PLANNING = """
import json, sys
import torch
import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw
from bench.worker import loading

case = impls.Case(impls.ConvProblem.parse("mb1ic2ih6oc2kh3ph1"))
implementation = loading.make("direct")
loading.load_modules(implementation, case)
inputs = draw(case, 1)
before = {name.split(".")[0] for name in sys.modules}
with loading.JitTimer() as jit:
    gated = gate(implementation, case, inputs, compiled_s=lambda: jit.seconds or 0.0)
after = {name.split(".")[0] for name in sys.modules}
print(json.dumps([
    jit.seconds, gated.plan_s, gated.plan_cached_s, gated.first_call_s, sorted(after & {"numba", "scipy"} - before)
]))
"""


@pytest.mark.full
def test_compilation_is_part_of_planning_and_the_first_call_and_kept_in_files(tmp_path: Path) -> None:
    jit_s, plan_s, cached_s, call_s, late = _in_a_process(PLANNING, tmp_path)
    assert 0 < jit_s <= plan_s + call_s
    assert 0 <= cached_s < plan_s
    assert plan_s - cached_s <= jit_s
    assert late == []
    # The second process finds the kernels in Numba's files: a real zero.
    assert _in_a_process(PLANNING, tmp_path)[0] == 0.0


NESTED = """
import json, time
from bench.worker.loading import JitTimer

with JitTimer() as unwatched:
    import numba

@numba.njit
def inner(n):
    return n + 1

@numba.njit
def outer(n):
    return inner(n) + inner(n)

started = time.perf_counter()
with JitTimer() as jit:
    outer(1)
took_s = time.perf_counter() - started
with JitTimer() as later:
    outer(2)
print(json.dumps([unwatched.seconds, jit.seconds, took_s, later.seconds]))
"""


def test_nested_compilation_counts_once(tmp_path: Path) -> None:
    unwatched, jit_s, took_s, later = _in_a_process(NESTED, tmp_path)
    assert unwatched is None
    assert 0 < jit_s <= took_s
    assert later == 0.0


BY_TRITON = """
import json, time
import torch, triton, triton.language as tl
from bench.worker.loading import JitTimer
from impls.gpu.proof import compiled_for
from kernel import nothing

taken = []
for _ in range(2):
    started = time.perf_counter()
    # A device of its own each time: the second finds the kernel in Triton's files.
    with compiled_for(90), JitTimer() as jit:
        nothing[(1,)](torch.zeros(8), 8)
    taken.append([jit.seconds, time.perf_counter() - started])
print(json.dumps(taken))
"""
KERNEL = """
import triton, triton.language as tl

@triton.jit
def nothing(x, N: tl.constexpr):
    tl.store(x + tl.arange(0, N), 0.0)
"""


def test_compilation_by_triton_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton", reason="needs Triton: pip install '.[triton]'")
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path / "cache"))
    # Triton reads a kernel's source from its file.
    (tmp_path / "kernel.py").write_text(KERNEL)
    (first_s, took_s), (again_s, _) = _in_a_process(f"import sys; sys.path.append('.')\n{BY_TRITON}", tmp_path)
    assert 0 < first_s < took_s
    assert again_s == 0.0


def test_a_timer_lets_errors_through() -> None:
    with pytest.raises(UnknownImplementation), JitTimer():
        raise UnknownImplementation("on purpose")
