"""The parent's side of the guard: start it with the settings of before, and let it put them back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.errors import InfrastructureError
from bench.tuning.before import Before, put_back
from bench.tuning.guard_entry import READY

# Where `bench` was imported from, so that the guard imports the same.
_PACKAGES = Path(__file__).resolve().parents[2]
# The driver of a GPU answers within seconds.
_END_TIMEOUT_S = 60.0


class Guard:
    """A process that holds the settings of before. From its start on they are put back, however this process ends.

    Raises InfrastructureError if it cannot start: then nothing may be changed.
    """

    def __init__(self, before: Before) -> None:
        self._before = before
        path = os.pathsep.join(filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            # -P keeps the working directory off the path, as for workers.
            [sys.executable, "-P", "-m", "bench.tuning.guard_entry"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": path},
            # A session of its own: Ctrl-C, and what kills this process's group, does not reach it.
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(before.to_json() + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline().strip()
        except BrokenPipeError:
            answer = ""
        if answer != READY:
            self._process.kill()
            self._process.wait()
            raise InfrastructureError(
                "the process that would put clocks and power limits back does not start, so none was changed"
            )

    def end(self) -> list[str]:
        """Let it put everything back, and wait; a sentence for each setting that was not. A lost guard is replaced."""
        try:
            said, _ = self._process.communicate(timeout=_END_TIMEOUT_S)
            failures: list[str] = json.loads(said)
        except (subprocess.TimeoutExpired, ValueError):
            # It was killed, or the driver does not answer it.
            self._process.kill()
            self._process.communicate()
            return put_back(self._before)
        return failures
