"""Ctrl-C, SIGTERM and SIGHUP end a command in one way: `Interrupted` is raised in the main thread, once.

Batch systems, `timeout`, docker and a closed terminal send the last two. Whatever the command holds is then put away
as it is for any error.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from bench.errors import Interrupted

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
# A shell and its batch system may tell a process twice: the second must not end what the first began to put away.
_REPEATS_S = 2.0
# Exit codes above it are those of a signal, as shells count.
FIRST_CODE = 128


class _Ear:
    """Hears signals: raises at once, or at the end of the block that holds them."""

    def __init__(self) -> None:
        self.depth = 0
        self.pending: int | None = None
        self.told_s = float("-inf")

    def hear(self, number: int, _frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if now_s - self.told_s < _REPEATS_S:
            return
        self.told_s = now_s
        if not self.depth:
            raise Interrupted(number)
        self.pending = number


_ear = _Ear()


def listen() -> None:
    """Raise Interrupted from now on for each of these signals; SIGHUP stays ignored where `nohup` ignores it."""
    _ear.told_s = float("-inf")
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and (name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN):
            signal.signal(number, _ear.hear)


def leave(code: int) -> NoReturn:
    """End this process at once when all is put away: taking apart loaded libraries lasts more than a second."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        # The reader may be gone, which is why a terminal sends SIGHUP.
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


@contextmanager
def held() -> Iterator[None]:
    """Let the block end before a signal is heard: a process that was started is known, a file is whole."""
    if threading.current_thread() is not threading.main_thread():
        # It never hears a signal.
        yield
        return
    _ear.depth += 1
    try:
        yield
    finally:
        _ear.depth -= 1
        if not _ear.depth and _ear.pending is not None:
            number, _ear.pending = _ear.pending, None
            raise Interrupted(number)
