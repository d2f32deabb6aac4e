"""Nothing heavy is loaded by what everybody imports, and by what only asks for help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "numba", "pandas", "matplotlib", "triton", "scipy", "numpy")
SHOW = f"import sys; print(*sorted(set(sys.modules) & set({HEAVY!r})))"

pytestmark = pytest.mark.slow


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )


@pytest.mark.parametrize("module", ["bench", "bench.cli", "impls", "impls.registry"])
def test_import_loads_nothing_heavy(module: str) -> None:
    done = _run("-c", f"import {module}; {SHOW}")
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("['sweep', '--help']", 0),
        ("['doctor', '--help']", 0),
        ("['sweep', '--list']", 0),
        ("['measure', 'nonsense']", 2),
    ],
)
def test_commands_that_compute_nothing_load_no_torch(arguments: str, code: int) -> None:
    program = f"""
import sys
sys.argv[1:] = {arguments}
from bench.cli import main
try:
    main()
except SystemExit as ended:
    assert (ended.code or 0) == {code}, ended.code
print("loaded:", *sorted({{"torch", "numba", "pandas", "matplotlib", "triton"}} & set(sys.modules)))
"""
    done = _run("-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "loaded:"


@pytest.mark.parametrize(("module", "name"), [("bench", "time_blocks"), ("impls", "conv2d")])
def test_lazy_names_are_there(module: str, name: str) -> None:
    done = _run("-c", f"import {module}; assert callable({module}.{name}); {module}.no_such_name")
    assert f"module '{module}' has no attribute 'no_such_name'" in done.stderr
    assert "AssertionError" not in done.stderr
