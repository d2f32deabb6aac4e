"""Runs an order on a node: a fresh child process with an environment of its own, and the files that it leaves.

An engine calls `run_order` in a process of its own on the node. Loads nothing that an engine may have set up.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.machine.pinning import variables
from bench.worker.executor import ChildReply

ORDER_NAME, REPLY_NAME, RESULTS_NAME = "order.json", "reply.json", "results"
_PREFIX = "convcost-shard-"
_LAST_WORDS = 600
# What an engine sets for its own processes: a sweep sets threads and malloc itself.
_OF_ENGINES = ("RAY_",)


def run_order(order: str) -> ChildReply:
    """Run an order in a child process and return its files; nothing stays on the node. An empty one runs no child."""
    if not order:
        return ChildReply(platform.node(), {}, 0, "", 0.0)
    remove_left()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as name:
        folder, started = Path(name), time.monotonic()
        (folder / ORDER_NAME).write_text(order, encoding="utf-8")
        with tempfile.TemporaryFile(dir=folder) as words:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "bench.fleet.child", name],
                # It stays open as long as this process lives: the child ends with it.
                stdin=subprocess.PIPE,
                stdout=words,
                stderr=words,
                cwd=folder,
                env=_environment(),
                start_new_session=True,
            )
            try:
                code = child.wait()
            finally:
                child.kill()
                child.wait()
            words.seek(0)
            said = words.read().decode("utf-8", errors="replace").strip()[-_LAST_WORDS:]
        files = {
            str(file.relative_to(folder)): file.read_bytes()
            for file in sorted(folder.rglob("*.json*"))
            if file.is_file() and not file.is_symlink() and file.name != ORDER_NAME
        }
        return ChildReply(platform.node(), files, code, said, time.monotonic() - started)


def remove_left() -> None:
    """Remove the folders of processes that were killed: nobody else knows of them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _environment() -> dict[str, str]:
    """This process's environment without what an engine, or a sweep, sets for its own threads and malloc."""
    own = variables(1)
    return {name: value for name, value in os.environ.items() if name not in own and not name.startswith(_OF_ENGINES)}
