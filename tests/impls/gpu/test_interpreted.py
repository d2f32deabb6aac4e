"""Runs every file of interpreted/ in a process where Triton interprets."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((Path(__file__).parent / "interpreted").glob("test_*.py"))

pytestmark = [
    pytest.mark.full,
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="needs Triton: pip install '.[triton]'"),
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_cells_pass_under_the_interpreter(file: Path) -> None:
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
    # A file without tests fails as well (pytest's exit code 5).
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr
