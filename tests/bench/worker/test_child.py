"""A child ends with all that it started, in bounded time, whatever it does with its group, pipes and signals."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.worker.child import Child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="groups, /proc and the death signal are Linux's")

# No end takes a tenth of it, even on a loaded machine.
PATIENCE_S = 20.0
SLEEPER = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], {})"


def _child(program: str) -> Child:
    return Child([sys.executable, "-c", program], os.environ, subprocess.DEVNULL)  # type: ignore[arg-type]


def _has_ended(pid: int) -> bool:
    ends_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_at:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("how", ["stdin=0", "start_new_session=True"], ids=["in the group", "in a session of its own"])
@pytest.mark.parametrize("then", ["sys.exit(3)", "sys.stdin.read()"], ids=["left behind", "beside"])
def test_what_a_child_started_ends_with_it(how: str, then: str) -> None:
    child = _child(f"{SLEEPER.format(how)}; print(p.pid, flush=True); {then}")
    started = int(child.lines.get(timeout=PATIENCE_S) or 0)
    if "exit" in then:
        # Its output is still open: the sleeper holds it.
        assert child.ended_within(PATIENCE_S)
        assert child.exit_code == 3
    child.end()
    assert _has_ended(started)


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import os; os.kill(os.getpid(), 40)", -40),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("import os; os._exit(0)", 0),
    ],
)
def test_the_exit_code_is_known_before_the_number_is_free(program: str, code: int) -> None:
    child = _child(program)
    assert child.ended_within(PATIENCE_S)
    assert (child.exit_code, child.lines.get(timeout=PATIENCE_S)) == (code, None)
    # Nobody else can have the number: it is a zombie until `end`.
    assert psutil.pid_exists(child.pid)
    child.end()
    assert child.exit_code == code


def test_a_child_that_reads_nothing_does_not_stop_the_sender() -> None:
    child = _child("import time; time.sleep(600)")
    assert not child.send("x" * 2**20, time.monotonic() + 0.1)
    child.end()
    with pytest.raises((BrokenPipeError, ValueError)):
        child.send("x", time.monotonic())


def test_a_child_that_closes_all_and_loops_is_ended() -> None:
    child = _child("import os; os.closerange(0, 100)\nwhile True: pass")
    assert child.lines.get(timeout=PATIENCE_S) is None
    assert not child.ended_within(0.01)
    child.end()
    assert child.exit_code == -9


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    """Killed, the parent can end nothing: the system tells the child, and a sleeper in its group tells the rest."""
    child = (
        "import subprocess, sys, time; from bench.worker.bounds import end_with_parent; end_with_parent();"
        f"{SLEEPER.format('start_new_session=True')}; print(p.pid, flush=True)\nwhile True: pass"
    )
    parent = (
        "import os, subprocess, sys; from bench.worker.child import Child;"
        f"c = Child([sys.executable, '-c', {child!r}], os.environ, subprocess.DEVNULL);"
        "print(c.pid, c.lines.get(timeout=60), flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, timeout=120, check=False)
    pids = [int(word) for word in done.stdout.split()]
    assert len(pids) == 2, done.stderr
    assert all(map(_has_ended, pids))
