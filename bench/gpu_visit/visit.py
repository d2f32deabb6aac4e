"""A visit to a machine with a GPU: `python3 bench/gpu_visit/visit.py STAGE --out FOLDER`, run by path, not installed.

Needs the Python that has torch and Triton, with numpy, pandas, scipy, numba, pyarrow, psutil, pynvml, matplotlib,
jinja2, typer and rich; neither a network nor nox nor fvcore. Each stage ends within nine minutes. A step that ended
well is not run again, and a sweep that was cut off goes on; compiled kernels and choices of blocks stay in WORK.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Run by path, this file's own folder is where imports are looked for, and not the one that holds `bench`.
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.gpu_visit.folder import pack, read_json  # noqa: E402
from bench.gpu_visit.steps import STAGE_S, Step, stages  # noqa: E402

_STATES = "states.json"
# What a command has to end in when it is told to.
_GRACE_S = 10.0


def run_step(step: Step, work: Path, limit_s: float) -> dict[str, Any]:
    """Run a command of convcost in a process of its own; its standard output is kept as NAME.json if it ended well."""
    started = time.monotonic()
    printed, log = work / f"{step.name}.out", work / "log.txt"
    with printed.open("w") as out, log.open("a") as err:
        err.write(f"== {step.name}: {' '.join(step.arguments)}\n")
        err.flush()
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.cli", *step.arguments], cwd=ROOT, stdout=out, stderr=err,
            env=_environment(work), start_new_session=True,
        )  # fmt: skip
        code = _code(process, limit_s)
    # 1 is a verdict (a limit missed, a result wrong) if there is a result, and a crash of Python if there is none.
    well = code == 0 or (code == 1 and step.prints_json and read_json(printed) is not None)
    if well:
        printed.replace(work / f"{step.name}.json")
    state = {"step": step.name, "well": well, "exit_code": code}
    return {**state, "wall_s": time.monotonic() - started, "limit_s": limit_s}


def _code(process: subprocess.Popen[bytes], limit_s: float) -> int | None:
    """The exit code, None for a command that was stopped at its limit."""
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        # As by Ctrl-C, which commands know: they end their own processes.
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # Whatever is left of its session would run beside the next step.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return None


def _environment(work: Path) -> dict[str, str]:
    caches = {"CONVCOST_CACHE": "convcost", "TRITON_CACHE_DIR": "triton", "NUMBA_CACHE_DIR": "numba"}
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": paths, **{name: str(work / "cache" / to) for name, to in caches.items()}}


def run_stage(steps: Sequence[Step], work: Path, states: list[dict[str, Any]]) -> None:
    """Run those steps that have not ended well yet, as long as the stage lasts; `states` is kept after each."""
    end = time.monotonic() + STAGE_S
    for step in steps:
        if any(s["step"] == step.name and s["well"] for s in states):
            continue
        state = run_step(step, work, min(step.limit_s, end - time.monotonic()))
        states[:] = [s for s in states if s["step"] != step.name] + [state]
        (work / _STATES).write_text(json.dumps(states))
        print(f"{step.name}: exit code {state['exit_code']} after {state['wall_s']:.0f} s", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 if every step of the stage ended well, 1 if one did not."""
    parser = argparse.ArgumentParser(description="Prove, calibrate, time and measure on a GPU, in stages.")
    parser.add_argument("--work", type=Path, default=Path("/tmp/convcost-visit"), help="where caches and parts stay")
    parser.add_argument("--out", type=Path, required=True, help="the folder to take home")
    parser.add_argument("stage", choices=[*stages(Path()), "all"])
    given = parser.parse_args(arguments)
    # Commands run elsewhere.
    given.work, given.out = given.work.resolve(), given.out.resolve()
    given.work.mkdir(parents=True, exist_ok=True)
    kept = given.work / _STATES
    states: list[dict[str, Any]] = json.loads(kept.read_text()) if kept.is_file() else []
    chosen = stages(given.work)
    for name in chosen if given.stage == "all" else [given.stage]:
        run_stage(chosen[name], given.work, states)
    for complaint in pack(given.work, given.out, states):
        print(complaint)
    wanted = {s.name for name in (chosen if given.stage == "all" else [given.stage]) for s in chosen[name]}
    well = {s["step"] for s in states if s["well"]}
    return 0 if wanted <= well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
