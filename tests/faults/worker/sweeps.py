"""Real sweeps as processes of the system, to be killed: their workers, what is left of them, what is on the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from bench.store import journal

ROOT = Path(__file__).parents[3]
# 20 visits of some tenths of a second: more than are made between two kills.
SWEEP = """
base = "mb1ic4ih8oc4kh3ph1"
implementations = ["im2col", "torch"]
devices = ["cpu"]
max_seconds = 0.1
processes = 2
visits = 2
energy = "none"
[axes]
channels = [4, 5, 6, 7, 8]
"""
CASES, VISITS = 5, 4


class Sweeps:
    """The sessions of one sweep in a folder of its own; their temporary files are in `temporary`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.temporary = folder, folder / "temporary"
        self.temporary.mkdir()
        (folder / "tiny.toml").write_text(SWEEP, encoding="utf-8")

    @property
    def run(self) -> Path | None:
        """The folder of the run, None before there is one."""
        return next((file.parent for file in self._folder.glob("results/*/run.json")), None)

    def visits(self) -> list[tuple[str, int]]:
        """The key and the number of each visit in the journal, in order."""
        return [] if self.run is None else [(r["key"], r["visit"]) for r in journal.read(self.run) if "visit" in r]

    def start(self) -> subprocess.Popen[str]:
        """Begin the sweep or resume it, in a session (so a group) of its own."""
        what = ["tiny.toml", "--threads", "1"] if self.run is None else ["--resume", str(self.run)]
        return subprocess.Popen(
            [sys.executable, "-m", "bench", "sweep", *what], cwd=self._folder, start_new_session=True, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)},
        )  # fmt: skip

    def wait_for_visits(self, number: int, sweep: subprocess.Popen[str], patience_s: float = 60.0) -> None:
        """Wait until the journal has so many visits, or the sweep has ended."""
        ends_at = time.monotonic() + patience_s
        while len(self.visits()) < number and sweep.poll() is None:
            assert time.monotonic() < ends_at, "it measures nothing"
            time.sleep(0.05)

    def clear(self) -> None:
        """Remove the temporary files of sessions that have ended."""
        for path in self.temporary.iterdir():
            shutil.rmtree(path)

    def forget(self) -> None:
        """Remove the run: the next session begins anew."""
        shutil.rmtree(self._folder / "results")

    def left(self) -> list[int]:
        """The processes of this sweep that live; the system takes a moment to end them."""
        mark = f"TMPDIR={self.temporary}\0".encode()
        found: list[int] = []
        for _ in range(100):
            found = [pid for pid in psutil.pids() if mark in environment(pid)]
            if not found:
                break
            time.sleep(0.02)
        return found


def workers(sweep: subprocess.Popen[str]) -> list[int]:
    """The worker processes of a running sweep; none if it has ended."""
    found = []
    with suppress(psutil.Error):
        for child in psutil.Process(sweep.pid).children():
            with suppress(psutil.Error):
                if "bench.worker.entry" in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                    found.append(child.pid)
    return found


def wait_for_workers(sweep: subprocess.Popen[str], number: int, patience_s: float = 60.0) -> list[int]:
    """So many workers, as soon as they run; fewer if the sweep ends before."""
    ends_at = time.monotonic() + patience_s
    while len(found := workers(sweep)) < number and sweep.poll() is None:
        assert time.monotonic() < ends_at, "its workers do not start"
        time.sleep(0.02)
    return found


def environment(pid: int) -> bytes:
    """The first environment of a process; empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
