"""The cores behind the processors that a process may use, as far as the system tells."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.energy.bracket.processor import is_virtual_machine
from bench.errors import UsageError
from bench.format import count
from bench.machine.caches import parse_cpus
from bench.machine.cpuinfo import parse_cpuinfo, read_cpuinfo
from bench.machine.processors import available_cpus
from bench.machine.quota import processor_quota

_CPUS = Path("/sys/devices/system/cpu")


@dataclass(frozen=True, slots=True)
class Allotment:
    """The processors that a process may use, on `cores` cores; at most `threads_a_core` share one. None where hidden.

    `quota` is the processor time that it may use, in processors; None without a limit. `is_whole` says that these are
    all processors of a machine that is not virtual, without a limit: only then can all of its cores be known to be
    busy. Raises UsageError for impossible numbers.
    """

    processors: int
    cores: int | None
    threads_a_core: int | None
    is_whole: bool
    quota: float | None = None

    def __post_init__(self) -> None:
        if self.cores is None or self.threads_a_core is None:
            is_possible = self.cores is None and self.threads_a_core is None and self.processors >= 1
        else:
            is_possible = 1 <= self.cores <= self.processors <= self.cores * self.threads_a_core
        if not is_possible or (self.quota is not None and not 0 < self.quota < math.inf):
            raise UsageError(
                f"processors: {self.processors}, cores: {self.cores}, threads a core: {self.threads_a_core}, quota: "
                f"{self.quota}: these are impossible; allowed: 1 or more of each, enough threads for all processors, "
                "and a quota above 0"
            )

    def busy_cores(self, threads: int, hidden_threads_a_core: int) -> tuple[float, float]:
        """The fewest and the most cores that so many busy threads keep busy; threads beyond the processors add none.

        A busy processor is a part of a core if the other threads of the core are busy too, here or in another virtual
        machine, and else a whole one; a core has `hidden_threads_a_core` threads where the system hides it. Raises
        UsageError for no threads.
        """
        if threads < 1:
            raise UsageError(f"{count(threads, 'thread')} cannot be busy; allowed: 1 or more")
        busy = float(min(threads, self.processors))
        busy = busy if self.quota is None else min(busy, self.quota)
        if self.cores is None or self.threads_a_core is None:
            return busy / hidden_threads_a_core, busy
        # All of one thread's time is all of one core's.
        return max(busy / self.threads_a_core, min(busy, 1.0)), min(busy, float(self.cores))

    def keeps_all_busy(self, threads: int) -> bool:
        """Whether so many threads certainly keep all cores of the machine busy: one for each of its processors."""
        return self.is_whole and threads >= self.processors


def here(cpus: Path = _CPUS) -> Allotment:
    """The processors of this process. Raises nothing."""
    processor = next(iter(parse_cpuinfo(read_cpuinfo())), {})
    is_virtual, allowed, quota = is_virtual_machine(processor), available_cpus(), processor_quota()
    is_limited = quota is not None and quota < len(allowed)
    is_whole = not is_virtual and not is_limited and len(allowed) == (os.cpu_count() or 0)
    cores = _cores(cpus, allowed)
    # A virtual machine that shows one thread a core may give a core or one of its threads.
    if cores is None or (is_virtual and all(len(core) == 1 for core in cores)):
        return Allotment(len(allowed), None, None, is_whole, quota)
    return Allotment(len(allowed), len(cores), max(map(len, cores)), is_whole, quota)


def _cores(cpus: Path, allowed: Iterable[int]) -> frozenset[frozenset[int]] | None:
    """The processors of each core that has an allowed one; None where this is hidden.

    Other processors of the core count, too: others may use them.
    """
    files = [cpus / f"cpu{number}" / "topology" / "thread_siblings_list" for number in allowed]
    try:
        return frozenset(parse_cpus(file.read_text(encoding="utf-8").strip()) for file in files)
    except (OSError, ValueError):
        return None
