"""What a child does at its start so that it, and all that it starts, ends with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

# The parent's process number and a word that no other child has; whatever the child starts inherits the variable.
MARK = "CONVCOST_CHILD"
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """End this process with its parent, and its group with this process; call it before a library starts threads.

    Does nothing without Linux, or where the parent did not start this process from its main thread: the system then
    takes the end of a thread for that of the parent.
    """
    parent = int(os.environ.get(MARK, "0:").partition(":")[0])
    if sys.platform != "linux" or not parent:
        return
    _send_at_death_of_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    if os.getpgid(0) == os.getpid():
        _watch_over_group()


def _watch_over_group() -> None:
    """Start a process that sleeps until this one ends, however it does, and then ends the group."""
    watched = os.getpid()
    if os.fork():
        return
    # The sleeper holds none of the pipes: the parent must see that the child closes its own.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    _send_at_death_of_parent(signal.SIGUSR1)
    while os.getppid() == watched:
        signal.sigwait({signal.SIGUSR1})
    kill_marked(f"{MARK}={os.environ[MARK]}")
    os.killpg(0, signal.SIGKILL)


def kill_marked(mark: str) -> None:
    """Kill the other processes whose first environment has the mark: those that left the group of a child too."""
    # Without /proc there are none to be found.
    for entry in Path("/proc").glob("[0-9]*/environ"):
        number = int(entry.parent.name)
        # It has ended, or is another user's.
        with suppress(OSError):
            if number != os.getpid() and mark.encode() in entry.read_bytes():
                os.kill(number, signal.SIGKILL)


def _send_at_death_of_parent(number: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
