"""The settings of a worker process, fixed before any library is loaded."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from bench.machine.pinning import PINNED_MALLOC, unset, variables
from bench.machine.processors import processors
from bench.worker.interpreter import Interpreter

# A step proves one candidate, or takes one sample, or runs the oracle once: seconds, compilation included.
STEP_TIMEOUT_S = 300.0
# Importing all libraries in several processes side by side, from a cold disk.
START_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Threads of every library, plug-in files to load, processors to run on, the time-out of a step, malloc, a Python.

    `affinity` holds processor numbers: by default the first `threads` of those that this process may run on; None if
    the system has no affinity. A process with a step of more than `step_timeout_s`, or that holds more than
    `max_memory_bytes` (None: any number), is killed. `malloc` is one of MALLOCS.
    """

    threads: int
    load: tuple[Path, ...] = ()
    affinity: tuple[int, ...] | None = None
    step_timeout_s: float = STEP_TIMEOUT_S
    malloc: str = PINNED_MALLOC
    interpreter: Interpreter = field(default_factory=Interpreter)
    max_memory_bytes: int | None = None

    def __post_init__(self) -> None:
        affinity, allowed = self.affinity, processors()
        if affinity is None and allowed is not None:
            affinity = allowed[: self.threads]
        # In order, as the system reports them.
        object.__setattr__(self, "affinity", None if affinity is None else tuple(sorted(affinity)))

    def variables(self) -> dict[str, str]:
        """The variables that set malloc and the threads of every library."""
        return variables(self.threads, self.malloc)

    def environment(self) -> dict[str, str]:
        """The environment of the child: this one's, with the variables of these settings, then of its interpreter."""
        inherited = {name: value for name, value in os.environ.items() if name not in unset(self.malloc)}
        return self.interpreter.environment({**inherited, **self.variables()})
