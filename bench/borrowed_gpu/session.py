"""Measure on a GPU that is yours for half an hour: `python3 bench/borrowed_gpu/session.py STAGE --out FOLDER`, by path.

Needs the Python that has torch and Triton, with the other libraries that convcost measures by (it says which are
missing); neither a network nor nox nor fvcore. Each stage ends within nine minutes. A step that ended well is not run
again, and a sweep that was cut off goes on; compiled kernels and choices of blocks stay in WORK.
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

# Run by path, this file's own folder is where imports are looked for, and not the one that holds `bench`.
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.borrowed_gpu.folder import pack, read_json  # noqa: E402
from bench.borrowed_gpu.stages import STAGE_S, Step, stages  # noqa: E402
from bench.machine import devices  # noqa: E402

_NEEDED = (
    "torch", "triton", "numpy", "pandas", "scipy", "numba", "pyarrow", "psutil", "pynvml", "matplotlib", "jinja2",
    "typer", "rich",
)  # fmt: skip
_STATES, _LOG = "states.json", "log.txt"
# What a command has to end in when it is told to.
_GRACE_S = 10.0
_LAST_WORDS = 300


def why_not() -> str | None:
    """Why nothing can be visited from here, in words; None where it can."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return f"{sys.executable} has no {', '.join(missing)}; take a Python that has, or install them"
    no_driver = devices.why_no_driver()
    return f"there is no GPU here to visit: {no_driver}" if no_driver else None


def run_step(step: Step, work: Path, limit_s: float) -> dict[str, Any]:
    """Run a command of convcost in a process of its own; its standard output is kept as NAME.json if it ended well."""
    started = time.monotonic()
    printed, log = work / f"{step.name}.out", work / _LOG
    with printed.open("w") as out, log.open("a") as err:
        err.write(f"== {step.name}: {' '.join(step.arguments)}\n")
        err.flush()
        begin = log.stat().st_size
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.cli", *step.arguments], cwd=ROOT, stdout=out, stderr=err,
            env=_environment(work), start_new_session=True,
        )  # fmt: skip
        code = _code(process, limit_s)
    # 1 is a verdict (a limit missed, a result wrong) if there is a result, and a crash of Python if there is none.
    well = code == 0 or (code == 1 and step.prints_json and read_json(printed) is not None)
    if well:
        printed.replace(work / f"{step.name}.json")
    state = {"step": step.name, "well": well, "exit_code": code, "said": None if well else _last_words(log, begin)}
    return {**state, "wall_s": time.monotonic() - started, "limit_s": limit_s}


def _code(process: subprocess.Popen[bytes], limit_s: float) -> int | None:
    """The exit code, None for a command that was stopped at its limit."""
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        # As by Ctrl-C, which commands know: they end their own processes.
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
        return None
    finally:
        # Whatever is left of its session would run beside the next step, or after a visit that was interrupted.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_words(log: Path, begin: int) -> str:
    """The last line on standard error that says anything, of those from byte `begin` on."""
    lines = log.read_bytes()[begin:].decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")[-_LAST_WORDS:]


def _environment(work: Path) -> dict[str, str]:
    caches = {"CONVCOST_CACHE": "convcost", "TRITON_CACHE_DIR": "triton", "NUMBA_CACHE_DIR": "numba"}
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": paths, **{name: str(work / "cache" / to) for name, to in caches.items()}}


def run_stage(steps: Sequence[Step], work: Path, states: list[dict[str, Any]]) -> None:
    """Run those steps that have not ended well yet, as long as the stage lasts; `states` is kept after each."""
    end = time.monotonic() + STAGE_S
    for step in steps:
        if any(s["step"] == step.name and s["well"] for s in states):
            print(f"{step.name}: ended well before, kept in {work}", flush=True)
            continue
        state = run_step(step, work, min(step.limit_s, end - time.monotonic()))
        states[:] = [s for s in states if s["step"] != step.name] + [state]
        (work / _STATES).write_text(json.dumps(states))
        print(_told(state), flush=True)


def _told(state: dict[str, Any]) -> str:
    how = "stopped" if state["exit_code"] is None else f"exit code {state['exit_code']}"
    said = "" if state["well"] else f"; it said: {state['said']}"
    return f"{state['step']}: {how} after {state['wall_s']:.0f} s{said}"


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 if every step of the stage ended well, 1 if one did not, 2 where there is nothing to visit."""
    parser = argparse.ArgumentParser(description="Prove, calibrate, time and measure on a GPU, in stages.")
    steps_stay = "where caches and parts stay; steps that ended well there are not run again"
    parser.add_argument("--work", type=Path, default=Path("/tmp/convcost-visit"), help=steps_stay)
    parser.add_argument("--out", type=Path, required=True, help="the folder to take home")
    parser.add_argument("stage", choices=[*stages(Path()), "all"])
    given = parser.parse_args(arguments)
    reason = why_not()
    if reason:
        print(f"visit: {reason}", file=sys.stderr)
        return 2
    # Commands run elsewhere.
    given.work, given.out = given.work.resolve(), given.out.resolve()
    given.work.mkdir(parents=True, exist_ok=True)
    states: list[dict[str, Any]] = read_json(given.work / _STATES) or []
    chosen = stages(given.work)
    wanted = [chosen[name] for name in (chosen if given.stage == "all" else [given.stage])]
    try:
        for steps in wanted:
            run_stage(steps, given.work, states)
    finally:
        # Also of a visit that is interrupted.
        complaints = pack(given.work, given.out, states)
    print("\n".join([*complaints, f"to take home: {given.out}"]))
    well = {s["step"] for s in states if s["well"]}
    return 0 if {step.name for steps in wanted for step in steps} <= well else 1


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    # Told to end, it ends what it has started and leaves its folder.
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, _end)
    sys.exit(main(sys.argv[1:]))
