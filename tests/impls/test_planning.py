"""Plans may be called from several threads, and show themselves in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import impls
from impls import planning

ROOT = Path(__file__).parents[2]
PROBLEM = impls.ConvProblem.parse("mb1ic4ih9oc6kh3ph1", bias=True)


def test_runs_take_turns_where_numba_would_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    class Numba:
        def __init__(self, layer: str) -> None:
            self.layer = layer

        def get_num_threads(self) -> int:
            return 2

        def threading_layer(self) -> str:
            return self.layer

    def run(x: torch.Tensor) -> torch.Tensor:
        held.append(planning._RUNNING._is_owned())  # type: ignore[attr-defined]
        return x

    held: list[bool] = []
    for layer in ("workqueue", "omp", "tbb"):
        monkeypatch.setitem(sys.modules, "numba", Numba(layer))
        planning._for_threads(run)(torch.empty(0))
    assert held == [True, False, False]


@pytest.mark.full
def test_numbas_last_threading_layer_survives_threads() -> None:
    program = """
import threading, torch, impls
x, w = torch.randn(1, 16, 24, 24), torch.randn(16, 16, 3, 3)
def call():
    for _ in range(200):
        impls.conv2d(x, w, implementation="direct")
threads = [threading.Thread(target=call) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
import numba
print(numba.threading_layer())
"""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "NUMBA_THREADING_LAYER": "workqueue",
        "NUMBA_NUM_THREADS": "2",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    assert (done.returncode, done.stdout) == (0, "workqueue\n"), done.stderr


@pytest.mark.parametrize("name", impls.names())
def test_an_implementation_shows_its_name_in_one_line(name: str) -> None:
    shown = repr(impls.get(name))
    assert repr(name) in shown
    assert "\n" not in shown
    assert len(shown) < 80


@pytest.mark.parametrize("name", ["im2col", "torch", "onednn"])
def test_a_plan_shows_its_case_and_backend_in_one_line(name: str) -> None:
    case = impls.Case(PROBLEM)
    plan = impls.prepare(impls.get(name), case, torch.randn(PROBLEM.weight_shape), torch.randn(6))
    shown = repr(plan)
    assert shown.startswith("<Plan mb1ic4ih9oc6kh3ph1 fp32 nchw cpu")
    assert plan.backend is None or plan.backend in shown
    assert len(shown) < 100
    assert repr(impls.Plan(lambda x: x)) == "<Plan of no case>"


@pytest.mark.parametrize(
    "value",
    [
        PROBLEM, impls.Case(PROBLEM), impls.Case(PROBLEM, precision="bf16", layout="nhwc", device="cuda"),
        impls.ConvProblem.parse("g2mb1ic6ih9oc4kh3ph1"),
    ],
)  # fmt: skip
def test_problems_and_cases_show_the_code_that_makes_them(value: Any) -> None:
    assert eval(repr(value), vars(impls)) == value
    assert len(repr(value)) < 130
