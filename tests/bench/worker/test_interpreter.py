"""The environment of another Python: its own libraries, the code it is given, and its variables last."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.worker.client import Worker
from bench.worker.interpreter import PACKAGES, Interpreter
from bench.worker.protocol import PROTOCOL
from bench.worker.settings import Settings

INHERITED = {"PYTHONPATH": "/libraries", "HOME": "/home", "MINE": "before"}


@pytest.mark.parametrize(
    ("interpreter", "path"),
    [
        (Interpreter(), os.pathsep.join([str(PACKAGES), "/libraries"])),
        (Interpreter(packages=Path("/tree")), os.pathsep.join(["/tree", "/libraries"])),
        # Libraries of this Python are none of another one.
        (Interpreter("/other/bin/python"), str(PACKAGES)),
        (Interpreter("/other/bin/python", None), None),
    ],
    ids=["here", "other code", "other libraries", "all its own"],
)
def test_the_path_is_of_one_python(interpreter: Interpreter, path: str | None) -> None:
    assert interpreter.environment(INHERITED).get("PYTHONPATH") == path


def test_variables_of_a_side_come_last() -> None:
    variables = (("MINE", "after"), ("PYTHONPATH", "/asked"))
    found = Interpreter(variables=variables).environment(INHERITED)
    assert found == {"HOME": "/home", "MINE": "after", "PYTHONPATH": "/asked"}


def test_settings_pass_them_to_the_child() -> None:
    settings = Settings(1, interpreter=Interpreter(variables=(("OMP_WAIT_POLICY", "passive"),)))
    found = settings.environment()
    assert (found["OMP_WAIT_POLICY"], found["OMP_NUM_THREADS"]) == ("passive", "1")


def speaking(folder: Path, *, ready: str) -> Interpreter:
    """A Python that answers as a worker of another version does."""
    python = folder / "python"
    python.write_text(f"#!{sys.executable}\nprint('{ready}', flush=True)\ninput()\n")
    python.chmod(0o755)
    return Interpreter(str(python))


@pytest.mark.parametrize(
    ("ready", "words"),
    [
        ('{"event": "ready", "environment": {"convcost": "0.0.9"}}', "no numbered protocol"),
        ('{"event": "ready", "environment": {"convcost": "0.0.9"}, "protocol": 0}', "protocol 0"),
    ],
)
def test_a_worker_of_another_protocol_measures_nothing(tmp_path: Path, ready: str, words: str) -> None:
    interpreter = speaking(tmp_path, ready=ready)
    said = f"convcost 0.0.9 of {interpreter.python} speaks {words} of workers, this one speaks {PROTOCOL}; "
    with Worker(Settings(1, interpreter=interpreter)) as worker, pytest.raises(UsageError, match=said):
        worker.start()


def test_a_worker_of_the_same_protocol_is_taken_whatever_its_version(tmp_path: Path) -> None:
    ready = f'{{"event": "ready", "environment": {{"convcost": "9.9"}}, "protocol": {PROTOCOL}}}'
    with Worker(Settings(1, interpreter=speaking(tmp_path, ready=ready))) as worker:
        assert worker.start() == {"convcost": "9.9"}
