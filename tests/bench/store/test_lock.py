"""One writer a run: the lock is refused while its process lives, and taken over when it has ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import InfrastructureError
from bench.store import lock

_HOLD = """
import sys
from pathlib import Path
from bench.store import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", _HOLD, str(folder)], stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_is_refused_and_the_lock_of_a_killed_one_is_taken_over(tmp_path: Path) -> None:
    holder = _holder(tmp_path)
    with (
        pytest.raises(
            InfrastructureError, match=f"is being written by process {holder.pid} on .*; wait for its end, or"
        ),
        lock.held(tmp_path),
    ):
        pass
    holder.kill()
    holder.communicate()
    assert (tmp_path / lock.FILE_NAME).exists()
    with lock.held(tmp_path):
        assert lock.owner_of(tmp_path) == lock.Owner.here()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_has_the_number_of_an_owner_is_not_the_owner(tmp_path: Path) -> None:
    known = {"host": socket.gethostname(), "pid": os.getpid(), "started_s": 1.0}
    (tmp_path / lock.FILE_NAME).write_text(json.dumps(known))
    with lock.held(tmp_path):
        pass


def test_an_owner_on_another_machine_is_believed(tmp_path: Path) -> None:
    (tmp_path / lock.FILE_NAME).write_text(json.dumps({"host": "far", "pid": 1, "started_s": 1.0}))
    with (
        pytest.raises(InfrastructureError, match=r"process 1 on far; .*; if it is gone: remove .*writer\.lock"),
        lock.held(tmp_path),
    ):
        pass


_FORGED = (("x", 1), (-1, 1), (2**70, 1), (None, 1), (True, 1), (1, "x"), (1, None), (1, [1]))
_OWNERS = [json.dumps({"host": socket.gethostname(), "pid": pid, "started_s": at}) for pid, at in _FORGED]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "3", '{"host": 1}', '{"a": "b"}', "[" * 100_000, '{"host": 1, "pid": 1, "started_s": 1}', *_OWNERS],
)
def test_a_file_that_names_nobody_is_taken_over(tmp_path: Path, content: str) -> None:
    (tmp_path / lock.FILE_NAME).write_text(content)
    with lock.held(tmp_path):
        pass


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_a_link_is_not_followed(tmp_path: Path, link: Callable[[Path, Path], None]) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "run").mkdir()
    link(tmp_path / "run" / lock.FILE_NAME, target)
    with pytest.raises(InfrastructureError, match="cannot be written"), lock.held(tmp_path / "run"):
        pass
    assert target.read_text() == "mine"
