"""Keeps one core busy in bursts, as another user's program would, with a process that works and rests in turn."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Means in seconds; uniformly distributed from half to one and a half of them.
WORK_S, REST_S = 1.0, 1.0


@contextmanager
def one_busy_core(seed: int) -> Iterator[None]:
    """Let another process work in bursts inside the `with` block."""
    process = subprocess.Popen([sys.executable, "-P", __file__, str(seed)])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _work(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        sum(range(1_000))


def main(seed: int) -> None:
    # Ctrl-C reaches it too; the program that started it ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rng = random.Random(seed)
    while True:
        _work(WORK_S * rng.uniform(0.5, 1.5))
        time.sleep(REST_S * rng.uniform(0.5, 1.5))


if __name__ == "__main__":
    main(int(sys.argv[1]))
