"""Finds the Python of an environment, and whether it can run a worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UsageError
from bench.worker.interpreter import PACKAGES, Interpreter

# Where a virtual environment has its Python, on POSIX systems and on Windows.
_PLACES = ("bin/python", "bin/python3", "Scripts/python.exe")
_OLDEST = (3, 11)
# A Python on a cold disk.
_PATIENCE_S = 60.0
# What a worker imports; fvcore and the like are of other commands.
_NEEDED = ("torch", "numpy", "scipy", "numba", "psutil", "archspec", "threadpoolctl")
# Runs in the other Python, which may be of any version.
_PROBE = f"""
import importlib.util, json, os, sys
def place(name):
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        return None
    return list(spec.submodule_search_locations or ["."])[0] if spec else None
folder = place("bench")
own = folder if folder and os.path.isfile(os.path.join(folder, "worker", "entry.py")) else None
missing = [name for name in {_NEEDED!r} if place(name) is None]
print(json.dumps({{"version": list(sys.version_info[:3]), "own": own, "missing": missing}}))
"""


@dataclass(frozen=True, slots=True)
class _Probed:
    """What a Python says about itself: its version, the folder of its own convcost or None, libraries it lacks."""

    version: tuple[int, ...]
    own: str | None
    missing: tuple[str, ...]


def interpreter_of(text: str | None, *, same_code: bool = False) -> Interpreter:
    """The Python of an environment, given as its folder or as the path of its Python; None is this one.

    It runs its own convcost where it has one, unless `same_code`; else the one that runs here. Raises UsageError for a
    path without a Python, a Python that is too old or does not run, and one that lacks libraries.
    """
    if text is None:
        return Interpreter()
    python = _python_in(Path(text))
    if str(python) == str(Path(sys.executable).absolute()):
        return Interpreter()
    found = _probe(python)
    if found.version < _OLDEST:
        raise UsageError(f"{python} is Python {'.'.join(map(str, found.version))}; allowed: 3.11 or newer")
    if found.missing:
        raise UsageError(
            f"{python} lacks {', '.join(found.missing)}, which workers need; install convcost there: "
            f"{python} -m pip install {PACKAGES}"
        )
    own = found.own is not None and not same_code
    return Interpreter(str(python), None if own else PACKAGES)


def _python_in(path: Path) -> Path:
    """The Python of an environment; not resolved, since a link is how an environment knows that it is one."""
    whole = path.expanduser().absolute()
    if whole.is_file() and os.access(whole, os.X_OK):
        return whole
    for place in _PLACES:
        if (whole / place).is_file():
            return whole / place
    raise UsageError(
        f"{path} is no environment: there is no {path / _PLACES[0]}; allowed: the folder of a virtual environment, "
        "or the path of a Python"
    )


def _probe(python: Path) -> _Probed:
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    try:
        # In an empty folder: what lies in the working directory is not installed.
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(
                [str(python), "-c", _PROBE],
                cwd=empty, env=variables, capture_output=True, text=True, check=True, timeout=_PATIENCE_S,
            )  # fmt: skip
        said = json.loads(done.stdout)
        return _Probed(tuple(said["version"]), said["own"], tuple(said["missing"]))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        last = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1:]
        raise UsageError(f"{python} does not run: {' '.join(last)}; give the Python of an environment") from error
