"""Runs the stages on a borrowed GPU, by path: `python3 bench/borrowed_gpu/session.py STAGE --out FOLDER`.

Needs a Python with torch, Triton and the other libraries of convcost (missing ones are named), but no network, nox or
fvcore. Each stage ends within nine minutes. A successful step is not run again, and a stopped sweep is resumed.
Compiled kernels and choices of blocks stay in the folder --work.

This script prints by itself: it must run where the libraries of bench.terminal (rich) may be missing.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

# A script run by path imports from its own folder, not from the one that holds `bench`.
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.borrowed_gpu.folder import pack, read_json  # noqa: E402
from bench.borrowed_gpu.stages import STAGE_S, Step, stages  # noqa: E402
from bench.machine import devices  # noqa: E402

_NEEDED = (
    "torch", "triton", "numpy", "pandas", "scipy", "numba", "pyarrow", "psutil", "pynvml", "matplotlib", "jinja2",
    "typer", "rich", "archspec", "threadpoolctl",
)  # fmt: skip
_STATES, _LOG = "states.json", "log.txt"
# Seconds that a command has to end after it gets the stop signal.
_GRACE_S = 10.0
_LAST_CHARACTERS = 300


def why_not() -> str | None:
    """Why nothing can be measured here, None if it can."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return f"{sys.executable} has no {', '.join(missing)}; install them, or use a Python that has them"
    error = devices.driver_error()
    return f"no GPU works here: {error}" if error else None


def run_step(step: Step, work: Path, limit_s: float) -> dict[str, Any]:
    """Run a command of convcost in its own process; keep its standard output as NAME.json if it succeeds."""
    started = time.monotonic()
    printed, log = work / f"{step.name}.out", work / _LOG
    with printed.open("w") as out, log.open("a") as err:
        err.write(f"== {step.name}: {' '.join(step.arguments)}\n")
        err.flush()
        begin = log.stat().st_size
        process = subprocess.Popen(
            [sys.executable, "-m", step.module, *step.arguments], cwd=ROOT, stdout=out, stderr=err,
            env=_environment(work), start_new_session=True,
        )  # fmt: skip
        code = _code(process, limit_s)
    # Exit code 1 with a result is a verdict (a missed limit, a wrong result); without a result Python crashed.
    well = code == 0 or (code == 1 and step.prints_json and read_json(printed) is not None)
    if well:
        printed.replace(work / f"{step.name}.json")
    state = {"step": step.name, "well": well, "exit_code": code, "said": None if well else _last_line(log, begin)}
    return {**state, "wall_s": time.monotonic() - started, "limit_s": limit_s}


def _code(process: subprocess.Popen[bytes], limit_s: float) -> int | None:
    """The exit code, None for a command that was stopped at its time limit."""
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        # The signal of Ctrl-C: commands then end their own processes.
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
        return None
    finally:
        # Processes that are left would run beside the next step, or after an interrupted session.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_line(log: Path, begin: int) -> str:
    """The last non-empty line of the log from byte `begin` on."""
    lines = log.read_bytes()[begin:].decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")[-_LAST_CHARACTERS:]


def _environment(work: Path) -> dict[str, str]:
    caches = {"CONVCOST_CACHE": "convcost", "TRITON_CACHE_DIR": "triton", "NUMBA_CACHE_DIR": "numba"}
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": paths, **{name: str(work / "cache" / to) for name, to in caches.items()}}


def run_stage(steps: Sequence[Step], work: Path, states: list[dict[str, Any]]) -> None:
    """Run the steps that have not succeeded yet, as long as the stage lasts; store `states` after each step."""
    end = time.monotonic() + STAGE_S
    for step in steps:
        if any(s["step"] == step.name and s["well"] for s in states):
            print(f"{step.name}: succeeded before, kept in {work}", flush=True)
            continue
        state = run_step(step, work, min(step.limit_s, end - time.monotonic()))
        states[:] = [s for s in states if s["step"] != step.name] + [state]
        (work / _STATES).write_text(json.dumps(states))
        print(_sentence(state), flush=True)


def _sentence(state: dict[str, Any]) -> str:
    how = "stopped" if state["exit_code"] is None else f"exit code {state['exit_code']}"
    said = "" if state["well"] else f"; last output: {state['said']}"
    return f"{state['step']}: {how} after {state['wall_s']:.0f} s{said}"


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 if every step of the stage succeeds, 1 if one fails, 2 if no GPU or library is there."""
    parser = argparse.ArgumentParser(description="Prove, calibrate, time and measure energy on a GPU, in stages.")
    work_help = "the folder of caches and partial results; successful steps in it are not run again"
    parser.add_argument("--work", type=Path, default=Path("/tmp/convcost-visit"), help=work_help)
    parser.add_argument("--out", type=Path, required=True, help="the folder for the results")
    parser.add_argument("stage", choices=[*stages(Path()), "all"])
    given = parser.parse_args(arguments)
    reason = why_not()
    if reason:
        print(f"session: {reason}", file=sys.stderr)
        return 2
    # Absolute, because commands run in another folder.
    given.work, given.out = given.work.resolve(), given.out.resolve()
    given.work.mkdir(parents=True, exist_ok=True)
    states: list[dict[str, Any]] = read_json(given.work / _STATES) or []
    chosen = stages(given.work)
    wanted = [chosen[name] for name in (chosen if given.stage == "all" else [given.stage])]
    try:
        for steps in wanted:
            run_stage(steps, given.work, states)
    finally:
        # Interrupted sessions are packed too.
        complaints = pack(given.work, given.out, states)
    print("\n".join([*complaints, f"results: {given.out}"]))
    well = {s["step"] for s in states if s["well"]}
    return 0 if {step.name for steps in wanted for step in steps} <= well else 1


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    # On a signal to end, it stops its processes and still writes its folder.
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, _end)
    sys.exit(main(sys.argv[1:]))
