"""Shows in shared memory which candidate runs, readable after the writer has crashed, hung or been killed.

A pipe would be enough for a crash, but waking the parent for every sample would disturb the measurement.
"""

from __future__ import annotations

import mmap
import struct
import tempfile
from pathlib import Path

_RECORD = struct.Struct("qq")  # steps so far, index of the candidate
HARNESS = -1
# The child waits for a message: nothing of a later message has run yet.
IDLE = -2
# The exit code of a child that ended itself because of the candidate shown: its last line on standard error says why.
DISTURBED = 77


class Beacon:
    """Two integers in a mapped file: a step counter and the candidate that runs (HARNESS or IDLE for none)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _RECORD.size)

    @classmethod
    def create(cls, folder: Path) -> Beacon:
        """A fresh beacon in `folder`, showing HARNESS."""
        with tempfile.NamedTemporaryFile(dir=folder, prefix="beacon-", delete=False) as file:
            file.write(_RECORD.pack(0, HARNESS))
        return cls(Path(file.name))

    def show(self, candidate: int) -> None:
        """Count a step and show the candidate that begins it."""
        steps, _ = self.read()
        _RECORD.pack_into(self._map, 0, steps + 1, candidate)

    def read(self) -> tuple[int, int]:
        """(steps, candidate)."""
        steps, candidate = _RECORD.unpack_from(self._map, 0)
        return int(steps), int(candidate)

    def close(self) -> None:
        self._map.close()
        self.path.unlink(missing_ok=True)
