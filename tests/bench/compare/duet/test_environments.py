"""The Python of an environment: found, asked what it has, and refused where no worker could run in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.compare.duet.environments import interpreter_of
from bench.errors import UsageError
from bench.worker.interpreter import PACKAGES, Interpreter
from tests.bench.compare.duet.forged_environment import forged


def test_this_environment_is_no_other_one() -> None:
    assert interpreter_of(None) == interpreter_of(sys.executable) == Interpreter()


@pytest.mark.parametrize(
    ("own", "same_code", "packages"), [("/x/bench", False, None), ("/x/bench", True, PACKAGES), (None, False, PACKAGES)]
)
def test_code_is_its_own_where_it_has_some(
    tmp_path: Path, own: str | None, same_code: bool, packages: Path | None
) -> None:
    found = interpreter_of(str(forged(tmp_path / "env", own=own)), same_code=same_code)
    assert found == Interpreter(str(tmp_path / "env" / "bin" / "python"), packages)


def test_the_python_itself_may_be_given(tmp_path: Path) -> None:
    python = forged(tmp_path / "env") / "bin" / "python"
    assert interpreter_of(str(python)).python == str(python)


def test_a_link_to_a_python_is_kept(tmp_path: Path) -> None:
    """A virtual environment is known by the place of its link: resolved, it would be the Python behind it."""
    target = forged(tmp_path / "base") / "bin" / "python"
    link = tmp_path / "env" / "bin" / "python"
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    assert interpreter_of(str(tmp_path / "env")).python == str(link)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"version": (3, 10, 4)}, "is Python 3.10.4; allowed: 3.11 or newer"),
        ({"missing": ("torch", "numba")}, "lacks torch, numba, which workers need; install convcost there: "),
    ],
)
def test_a_python_without_what_a_worker_needs_is_refused(
    tmp_path: Path, said: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        interpreter_of(str(forged(tmp_path / "env", **said)))  # type: ignore[arg-type]


def test_a_python_that_does_not_run_is_refused(tmp_path: Path) -> None:
    (forged(tmp_path / "env") / "bin" / "python").write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    with pytest.raises(UsageError, match=r"bin/python does not run: broken; give the Python of an environment"):
        interpreter_of(str(tmp_path / "env"))


@pytest.mark.slow
def test_a_real_environment_is_asked(tmp_path: Path) -> None:
    """An empty one: it must not see the libraries of this one, nor a `torch` in the working directory."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    with pytest.raises(UsageError, match="lacks torch, numpy, scipy, numba, psutil, archspec, threadpoolctl"):
        interpreter_of(str(tmp_path / "env"))
