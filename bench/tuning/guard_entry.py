"""The guard: a process that puts settings back when its parent closes their pipe, or ends in any way.

The first line on its standard input is the settings of before; it answers "ready", and nothing may be changed earlier.
The end of its input is the end of its parent: a process that was killed cannot put back anything, but the system closes
its pipes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress

from bench.tuning.before import Before, put_back

READY = "ready"
# Whatever ends the parent's terminal, session or batch job must not end the guard first.
_IGNORED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


def main() -> int:
    """Hold the settings, wait for the end, put them back; 0 if all were."""
    for name in _IGNORED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    line = sys.stdin.readline()
    if not line:
        # The parent ended before it could change anything.
        return 0
    before = Before.from_json(line)
    _say(1, READY)
    sys.stdin.read()
    failures = put_back(before)
    _say(1, json.dumps(failures))
    for failure in failures:
        _say(2, f"convcost: {failure}")
    return 1 if failures else 0


def _say(descriptor: int, text: str) -> None:
    """Write a line at once; a parent that is gone, or a closed terminal, does not read it."""
    with suppress(OSError):
        os.write(descriptor, f"{text}\n".encode())


if __name__ == "__main__":
    sys.exit(main())
