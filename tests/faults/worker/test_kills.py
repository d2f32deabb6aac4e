"""A hundred kills of workers, parents and groups: at most the candidate that ran is lost, and nobody stays."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from bench.store import runs, visits
from bench.worker.client import Worker
from bench.worker.crew import Crew
from bench.worker.protocol import Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.faults.conftest import Tried
from tests.faults.worker.sweeps import CASES, VISITS, Sweeps, wait_for_workers

CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
OURS = ("im2col", "torch")
# How a session ends, whom the signal reaches, and the exit code: its parent's group is that of a terminal.
ENDS = (
    ("kill: the parent", signal.SIGKILL, os.kill, -9),
    ("kill: the group", signal.SIGKILL, os.killpg, -9),
    ("end: SIGTERM to the parent", signal.SIGTERM, os.kill, 143),
    ("end: SIGHUP to the group", signal.SIGHUP, os.killpg, 129),
    ("end: Ctrl-C to the group", signal.SIGINT, os.killpg, 3),
)
ROUNDS, SESSIONS = 15, 20
# The most seconds between a start and the kill of a worker, and from there to the end: importing, or at work.
MOMENTS_S = ((0.3, 3.0), (2.5, 0.5))


def test_killed_workers_of_a_crew_cost_at_most_the_candidate_that_ran(tried: Tried) -> None:
    draw = random.Random(0)
    with Crew(Settings(1), 2) as crew:
        for number in range(ROUNDS):
            tried("kill: a waiting worker", 2)
            crew.start()
            for worker in crew.workers:
                _kill(_pid(worker))
            # Those who waited are replaced, and nothing is lost.
            crew.start()
            tried("kill: a busy worker")
            killer = threading.Timer(draw.uniform(0.0, 0.4), _kill, [_pid(crew.workers[number % 2])])
            killer.start()
            found = crew.visit(Task(CASE, OURS, number, 0.2, 0.5), number)
            killer.cancel()
            killer.join()
            assert [o.implementation for o in found] == list(OURS)
            lost = [o for o in found if o.status != "ok"]
            assert len(lost) <= 1
            assert all("signal 9 (SIGKILL)" in (o.reason or "") for o in lost)


def test_a_sweep_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path, tried: Tried) -> None:
    sweeps, draw = Sweeps(tmp_path), random.Random(1)
    kills, known = 0, list[tuple[str, int]]()
    for number in range(SESSIONS):
        sweep = sweeps.start()
        name, sign, send, code = ENDS[number % len(ENDS)]
        workers_s, end_s = MOMENTS_S[number % len(MOMENTS_S)]
        for pid in wait_for_workers(sweep, 2):
            # From their first import on.
            time.sleep(draw.uniform(0.0, workers_s))
            tried("kill: a worker of a sweep")
            kills += 1
            _kill(pid)
        if number % 2:
            sweeps.wait_for_visits(len(known) + 1, sweep)
        time.sleep(draw.uniform(0.0, end_s))
        tried(name)
        with suppress(ProcessLookupError):
            send(sweep.pid, sign)
        known = _require_kept(sweeps, sweep, known, () if sign is signal.SIGKILL else (code,))
        if sweeps.run is not None and runs.FINISHED in runs.read_meta(sweeps.run):
            # The sweep ended before the last kill. A new one begins.
            _require_whole(sweeps, kills)
            sweeps.forget()
            kills, known = 0, []
    sweep = sweeps.start()
    _require_kept(sweeps, sweep, known, ())
    _require_whole(sweeps, kills)


def _require_whole(sweeps: Sweeps, kills: int) -> None:
    """A finished run has each sample once; at most one candidate was lost for each worker that was killed."""
    assert sweeps.run is not None
    assert runs.FINISHED in runs.read_meta(sweeps.run)
    cases = visits.read(sweeps.run)
    rows = [row for case in cases.values() for row in case.rows]
    lost = [row for row in rows if row.status != "ok"]
    assert len(rows) == CASES * len(OURS)
    assert len(lost) <= kills
    assert all("signal 9 (SIGKILL)" in (row.reason or "") for row in lost)
    # A candidate that was lost is not tried again; the others have all of their visits.
    assert all(not case.fine or case.count == VISITS for case in cases.values())
    samples = runs.load(sweeps.run).samples
    assert not samples.duplicated(["case_key", "implementation", "process", "draw", "block"]).any()


def _require_kept(
    sweeps: Sweeps, sweep: subprocess.Popen[str], known: list[tuple[str, int]], codes: tuple[int, ...]
) -> list[tuple[str, int]]:
    """The visits after a session has ended: those before and more, none twice, and nobody and nothing is left."""
    _, said = sweep.communicate(timeout=60)
    # It may be faster than the kill.
    assert sweep.returncode in (*codes, 0, 1, -9), said
    assert "Traceback" not in said
    assert not sweeps.left()
    found = sweeps.visits()
    assert found[: len(known)] == known
    assert max(Counter(found).values(), default=1) == 1
    if sweep.returncode >= 0:
        assert not list(sweeps.temporary.iterdir())
    # SIGKILL leaves them: docs/limits.md.
    sweeps.clear()
    if sweep.returncode > 1 and sweeps.run is not None:
        assert f"convcost sweep --resume {sweeps.run}" in said.replace("\n", " ") or not found, said
    return found


def _pid(worker: Worker) -> int:
    assert worker._process is not None
    return worker._process._child.pid


def _kill(pid: int) -> None:
    # It may have ended, and been replaced, before.
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
