"""Heavy libraries are loaded late: not by imports that everybody needs, nor by commands that compute nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPUTING = ("torch", "numba", "pandas", "matplotlib", "triton")
HEAVY = (*COMPUTING, "scipy", "numpy", "rich")

pytestmark = pytest.mark.slow


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )


def _loaded(libraries: tuple[str, ...], program: str) -> list[str]:
    """Those of the libraries that a program loads."""
    done = _run("-c", f"import sys\n{program}\nprint(*sorted(set(sys.modules) & set({libraries!r})))")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()


def _command(arguments: list[str], code: int) -> str:
    """A program that runs a command and expects an exit code."""
    return f"""
from bench.cli import main
sys.argv[1:] = {arguments}
try:
    main()
except SystemExit as ended:
    assert ended.code == {code}, ended.code
"""


@pytest.mark.parametrize("module", ["bench", "bench.cli", "bench.terminal.console", "impls", "impls.registry"])
def test_import_loads_nothing_heavy(module: str) -> None:
    assert _loaded(HEAVY, f"import {module}") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["--help"], 0),
        (["--version"], 0),
        (["sweep", "--help"], 0),
        (["measure", "-h"], 0),
        (["doctor", "--help"], 0),
        (["frobnicate"], 2),
        (["sweep", "--frobnicate"], 2),
    ],
)
def test_help_and_usage_errors_load_nothing_heavy(arguments: list[str], code: int) -> None:
    assert _loaded(HEAVY, _command(arguments, code)) == []


@pytest.mark.parametrize(("arguments", "code"), [(["sweep", "--list"], 0), (["measure", "nonsense"], 2)])
def test_commands_that_compute_nothing_load_no_torch(arguments: list[str], code: int) -> None:
    assert _loaded(COMPUTING, _command(arguments, code)) == []


LAZY = [("bench", "time_blocks"), ("bench", "time_draws"), ("bench", "load"), ("impls", "conv2d"), ("impls", "Conv2d")]


@pytest.mark.parametrize("module", ["bench", "impls"])
def test_lazy_names_are_listed_and_listing_loads_nothing(module: str) -> None:
    """`dir` is what a terminal completes names from."""
    names = {name for of, name in LAZY if of == module}
    assert _loaded(HEAVY, f"import {module}; assert {names} < set(dir({module})), dir({module})") == []


@pytest.mark.parametrize(
    ("module", "name"), [LAZY[0], *(pytest.param(*each, marks=pytest.mark.full) for each in LAZY[1:])]
)
def test_lazy_names_can_be_imported(module: str, name: str) -> None:
    done = _run("-c", f"import {module}; assert callable({module}.{name}); {module}.no_such_name")
    assert f"module '{module}' has no attribute 'no_such_name'" in done.stderr
    assert "AssertionError" not in done.stderr


def test_plots_are_a_module_that_is_loaded_when_it_is_used() -> None:
    assert "plot" in _run("-c", "import bench; print(dir(bench))").stdout
    assert _loaded(("matplotlib",), "import bench; assert callable(bench.plot.time)") == ["matplotlib"]
