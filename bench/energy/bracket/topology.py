"""The cores behind the processors that a process may use, as far as the system tells."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bench.energy.bracket.processor import is_virtual_machine
from bench.errors import UsageError
from bench.format import count
from bench.machine.caches import parse_cpus
from bench.machine.cpuinfo import parse_cpuinfo, read_cpuinfo
from bench.machine.processors import available_threads

_SIBLINGS = Path("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list")


@dataclass(frozen=True, slots=True)
class Allotment:
    """The processors that a process may use; `threads_a_core` of them share a core, None where that is hidden.

    `is_whole` says that they are all of a machine, not a part, and not a virtual machine's: only then can all of the
    machine's cores be known to be busy. Raises UsageError without any.
    """

    processors: int
    threads_a_core: int | None
    is_whole: bool

    def __post_init__(self) -> None:
        if self.processors < 1 or (self.threads_a_core is not None and self.threads_a_core < 1):
            raise UsageError(
                f"{count(self.processors, 'processor')} with {self.threads_a_core} threads a core are impossible; "
                "allowed: 1 or more of each"
            )

    def busy_cores(self, threads: int, hidden_threads_a_core: int) -> tuple[float, float]:
        """The fewest and the most cores that so many busy threads keep busy; threads beyond the processors add none.

        A busy processor is a part of a core if the other threads of the core are busy too, here or in another virtual
        machine, and else a whole one; a core has `hidden_threads_a_core` threads where the system hides it. Raises
        UsageError for no threads.
        """
        if threads < 1:
            raise UsageError(f"{count(threads, 'thread')} cannot be busy; allowed: 1 or more")
        busy = min(threads, self.processors)
        if self.threads_a_core is None:
            return busy / hidden_threads_a_core, float(busy)
        cores = max(1.0, self.processors / self.threads_a_core)
        return max(busy / self.threads_a_core, min(1.0, cores)), min(float(busy), cores)

    def keeps_all_busy(self, threads: int) -> bool:
        """Whether so many threads certainly keep all cores of the machine busy: one for each of its processors."""
        return self.is_whole and threads >= self.processors


def here(siblings: Path = _SIBLINGS) -> Allotment:
    """The processors of this process. Raises nothing."""
    processor = next(iter(parse_cpuinfo(read_cpuinfo())), {})
    is_virtual = is_virtual_machine(processor)
    available = available_threads()
    return Allotment(available, _threads_a_core(siblings, is_virtual=is_virtual), _is_whole(available, is_virtual))


def _threads_a_core(siblings: Path, *, is_virtual: bool) -> int | None:
    """How many processors share the first core; None where it is hidden."""
    try:
        shown = len(parse_cpus(siblings.read_text(encoding="utf-8").strip()))
    except (OSError, ValueError):
        return None
    # A virtual machine that shows one thread a core may give a core or one of its threads.
    return None if is_virtual and shown < 2 else shown


def _is_whole(available: int, is_virtual: bool) -> bool:
    return not is_virtual and available == (os.cpu_count() or 0)
