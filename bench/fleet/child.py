"""The child process of an order: `python -m bench.fleet.child FOLDER` plans a sweep, or measures some of its cases.

It ends, with all its processes, when the process that started it is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.fleet.on_node import ORDER_NAME, REPLY_NAME, RESULTS_NAME
from bench.fleet.order import SweepOrder, job_of
from bench.machine.environment import describe
from bench.machine.memory import usable_bytes
from bench.machine.processors import available_threads
from bench.run import sweep as running
from bench.sweep.job import Job
from bench.version import __version__
from impls import ConvError

# Set by engines for their own processes, and by no machine's owner for ours: bench.fleet.on_node takes them away.
_NOT_INHERITED = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def answer(folder: Path) -> dict[str, Any]:
    """The reply to the order in a folder: a plan, the run's folder, or the reason why the machine refuses it."""
    try:
        _require_own_environment()
        order = SweepOrder.from_json((folder / ORDER_NAME).read_text(encoding="utf-8"))
        job = job_of(order)
        if not order.keys:
            return {"plan": _plan(job)}
        ended = running.sweep(job, folder / RESULTS_NAME, lambda _: None, first=order.first_process)
        return {"run": str(ended.folder.relative_to(folder))}
    except (UsageError, ConvError) as error:
        return {"refused": str(error)}
    except InfrastructureError as error:
        return {"failed": str(error)}


def _plan(job: Job) -> dict[str, Any]:
    """The machine, and the cases that it would measure; MACs by key, as a measure of a case's share."""
    return {
        "convcost": __version__,
        "name": job.config.name,
        "environment": describe(job.settings.threads),
        "processors": available_threads(),
        "nice": os.nice(0),
        "usable_bytes": usable_bytes(),
        "implementations": list(job.implementations),
        "skipped": list(job.skipped),
        "processes": job.config.processes,
        "budget_s": job.config.budget_s,
        "cases": [
            {"key": job.key_of(planned), "device": planned.case.device, "macs": planned.case.problem.macs}
            for cases in job.by_crew().values()
            for planned in cases
        ],
    }


def _require_own_environment() -> None:
    """Raise InfrastructureError for threads or processors that an engine has set for this process."""
    if found := [name for name in _NOT_INHERITED if name in os.environ]:
        raise InfrastructureError(f"{', '.join(found)} of an engine reached the process that measures")


def _end_with_parent(folder: Path) -> None:
    """End this process and all that it started once standard input is closed: then the parent is gone."""
    while os.read(sys.stdin.fileno(), 1):
        continue
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def main(folder: Path) -> None:
    # Ray gives its processes a low priority. Without the right to raise it, the plan says so.
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    reply = answer(folder)
    (folder / REPLY_NAME).write_text(json.dumps(reply, allow_nan=False), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
