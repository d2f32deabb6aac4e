"""A team of threads that run the same work at once, each pinned to a core of its own.

Without pinning, threads that have just woken often share a core for longer than a sample lasts.
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
    """`threads` threads, pinned where the system allows pinning. A context manager."""

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
        """The results of `call(member)` for members 0, 1 …, each in its own thread, all at once."""

        def together(member: int) -> Result:
            # Without the barrier a thread that is awake might take the work of one that still sleeps.
            self._start.wait()
            return call(member)

        return list(self._pool.map(together, range(self.threads)))

    def wall(self, call: Callable[[int, int], object]) -> Callable[[int], float]:
        """A function from repeats to the seconds until `call(member, repeats)` has ended in all threads."""
        return wall(lambda repeats: self.each(lambda member: call(member, repeats)))

    def busy(self, call: Callable[[int, int], object]) -> Callable[[int], float]:
        """As `wall`, but the largest processor time of a thread: for work that threads do not share.

        This clock stands still while another program has the processor.
        """

        def member_time(member: int, repeats: int) -> int:
            started = time.thread_time_ns()
            call(member, repeats)
            return time.thread_time_ns() - started

        return lambda repeats: max(self.each(lambda member: member_time(member, repeats))) * 1e-9

    def _pin(self) -> None:
        # Threads beyond the number of processors stay unpinned, and all threads where the system cannot pin.
        if hasattr(os, "sched_setaffinity") and not self._free.empty():
            os.sched_setaffinity(0, {self._free.get()})


def spread_out(cpus: Iterable[int], siblings: Callable[[int], frozenset[int]]) -> list[int]:
    """Processors in the order of use: first one of every core, then those that share a core."""
    firsts: list[int] = []
    others: list[int] = []
    taken: set[int] = set()
    for cpu in sorted(cpus):
        (others if cpu in taken else firsts).append(cpu)
        taken |= siblings(cpu)
    return firsts + others


def _siblings(cpu: int) -> frozenset[int]:
    """The processors on the same core as `cpu`, itself included."""
    file = _CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    return parse_cpus(file.read_text().strip()) if file.is_file() else frozenset((cpu,))
