"""What a worker process is started with, fixed before any library is loaded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bench.machine.pinning import variables
from bench.machine.processors import processors

# Where `bench` and `impls` were imported from, so that the child imports the same.
_PACKAGES = Path(__file__).resolve().parents[2]

# A step is proving one candidate, timing it once, one run of the oracle: seconds, compilation included.
STEP_TIMEOUT_S = 300.0
# Importing all libraries, several processes side by side, from a disk that has not read them yet.
START_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Threads of every library, the files of plug-ins to load, the processors to run on, and its parent's patience.

    `affinity` holds processor numbers; the first `threads` of those that this process may run on by default, and None
    where the system knows no such thing. A process whose step takes more than `step_timeout_s` is given up.
    """

    threads: int
    load: tuple[Path, ...] = ()
    affinity: tuple[int, ...] | None = None
    step_timeout_s: float = STEP_TIMEOUT_S

    def __post_init__(self) -> None:
        if self.affinity is None:
            allowed = processors()
            object.__setattr__(self, "affinity", None if allowed is None else allowed[: self.threads])

    def variables(self) -> dict[str, str]:
        """What pins malloc and the threads of every library."""
        return variables(self.threads)

    def environment(self) -> dict[str, str]:
        """The environment of the child: this one's, with threads and malloc pinned."""
        path = os.pathsep.join(filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH"))))
        return {**os.environ, **self.variables(), "PYTHONPATH": path}
