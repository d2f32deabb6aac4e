"""A counter of joules that runs."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

POWER_W = 30.0


class RunningCounter:
    """An energy_uj that a thread increases at a constant power, some 200 times a second."""

    def __init__(self, root: Path) -> None:
        zone = root / "intel-rapl:0"
        zone.mkdir()
        (zone / "name").write_text("package-0\n")
        (zone / "max_energy_range_uj").write_text("262143328850\n")
        self.file = zone / "energy_uj"
        self.file.write_text(f"{0:020d}\n")
        self._descriptor = os.open(self.file, os.O_WRONLY)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        started = time.perf_counter()
        while not self._ended.wait(0.005):
            microjoules = int(1e6 * POWER_W * (time.perf_counter() - started))
            # One write of the same length: no reader sees half a number.
            os.pwrite(self._descriptor, f"{microjoules:020d}\n".encode(), 0)

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        os.close(self._descriptor)
