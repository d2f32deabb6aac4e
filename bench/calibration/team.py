"""Threads that run the same work at once, each on a core of its own.

Left to the system, threads that have just woken often share a core for longer than a sample lasts.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import TypeVar

from bench.calibration.probes import wall
from bench.machine.caches import parse_cpus
from bench.machine.processors import available_cpus

_CPUS = Path("/sys/devices/system/cpu")

Result = TypeVar("Result")


class Team:
    """`threads` threads, pinned where the system allows it. A context manager."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._free: SimpleQueue[int] = SimpleQueue()
        for cpu in spread_out(available_cpus(), _siblings)[:threads]:
            self._free.put(cpu)
        self._start = threading.Barrier(threads)
        self._pool = ThreadPoolExecutor(threads, initializer=self._pin)

    def __enter__(self) -> Team:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def each(self, call: Callable[[int], Result]) -> list[Result]:
        """What `call(member)` returns, for members 0, 1 …, each in a thread of its own, all at once."""

        def together(member: int) -> Result:
            # Or a thread that is awake might do the work of one that is not.
            self._start.wait()
            return call(member)

        return list(self._pool.map(together, range(self.threads)))

    def wall(self, call: Callable[[int, int], object]) -> Callable[[int], float]:
        """From repeats to the seconds from starting `call(member, repeats)` in all threads until the last is done."""
        return wall(lambda repeats: self.each(lambda member: call(member, repeats)))

    def busy(self, call: Callable[[int, int], object]) -> Callable[[int], float]:
        """The same by the processor time of the thread that took most: for work that shares nothing with the others.

        While another program has the processor this clock stands still.
        """

        def member_time(member: int, repeats: int) -> int:
            started = time.thread_time_ns()
            call(member, repeats)
            return time.thread_time_ns() - started

        return lambda repeats: max(self.each(lambda member: member_time(member, repeats))) * 1e-9

    def _pin(self) -> None:
        # More threads than processors stay free to move; so do all where the system knows no such thing.
        if hasattr(os, "sched_setaffinity") and not self._free.empty():
            os.sched_setaffinity(0, {self._free.get()})


def spread_out(cpus: Iterable[int], siblings: Callable[[int], frozenset[int]]) -> list[int]:
    """Processors in the order to fill them: one of every core first, then those that share a core."""
    firsts: list[int] = []
    others: list[int] = []
    taken: set[int] = set()
    for cpu in sorted(cpus):
        (others if cpu in taken else firsts).append(cpu)
        taken |= siblings(cpu)
    return firsts + others


def _siblings(cpu: int) -> frozenset[int]:
    """The processors that share a core with one, itself at least."""
    file = _CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    return parse_cpus(file.read_text().strip()) if file.is_file() else frozenset((cpu,))
