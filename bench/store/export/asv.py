"""airspeed velocity's folder of results: benchmarks.json, and for the machine its description and one result file.

Source: asv documentation, "Developer documentation": benchmarks.json (version 2), results/MACHINE/machine.json
(version 1) and results/MACHINE/COMMIT-ENVIRONMENT.json (version 2). One benchmark for each implementation, with the
case as its parameter. asv orders results by commits of a repository: the commit is asked for where the run has none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import UsageError
from bench.store.export.content import Exported, RunContent, TimedRow, left_out, require_timed, write_json

_RESULTS_VERSION, _MACHINE_VERSION = 2, 1
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
# Its first two parts name a file.
_PYTHON = re.compile(r"\d{1,3}\.\d{1,3}", re.ASCII)
# asv names a file by so many characters of the commit.
_COMMIT_IN_NAME = 8
# Names of hosts have 64 characters, of folders 255.
_LONGEST_HOST = 100
_COLUMNS = (
    "result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25",
    "stats_q_75", "stats_number", "stats_repeat", "samples", "profile",
)  # fmt: skip
# In the description of a system, as in Linux-6.8.0-x86_64-with-glibc2.39.
_ARCHITECTURE = re.compile(r"x86_64|AMD64|i[36]86|aarch64|arm64|ppc64le|riscv64|s390x")
_LIBRARIES = ("torch", "numpy", "numba")


def write(content: RunContent, to: Path, commit: str | None = None) -> Exported:
    """Write the folder `to`, asv's results_dir; `commit` is the commit of the repository that asv follows.

    Raises UsageError without a commit, with text that is none, and without any timed row; OSError.
    """
    found = _require_commit(content, commit)
    timed = require_timed(content, "asv")
    cases = list(dict.fromkeys(one.row.case_key for one in timed))
    by_name: dict[str, dict[str, TimedRow]] = {}
    for one in timed:
        by_name.setdefault(one.row.implementation, {})[one.row.case_key] = one
    machine = _machine(content)
    folder = to / machine["machine"]
    folder.mkdir(parents=True, exist_ok=True)
    benchmarks = {_name(implementation): _benchmark(implementation, cases) for implementation in by_name}
    write_json(to / "benchmarks.json", {**benchmarks, "version": _RESULTS_VERSION})
    write_json(folder / "machine.json", {**machine, "version": _MACHINE_VERSION})
    python = _PYTHON.match(str(content.environment.get("python") or ""))
    environment = f"convcost-py{python[0] if python else ''}"
    results = {_name(implementation): _result(implementation, rows, cases) for implementation, rows in by_name.items()}
    file = {
        "commit_hash": found,
        "env_name": environment,
        "date": _milliseconds(content.meta.get("created_utc")),
        "params": {**machine, "python": str(content.environment.get("python") or "")},
        "python": str(content.environment.get("python") or ""),
        "requirements": {name: str(content.environment.get(name) or "") for name in _LIBRARIES},
        "env_vars": {},
        "result_columns": list(_COLUMNS),
        "results": results,
        "durations": {},
        "version": _RESULTS_VERSION,
    }
    write_json(folder / f"{found[:_COMMIT_IN_NAME]}-{environment}.json", file)
    return Exported(to, len(timed), left_out(content, ()))


def _require_commit(content: RunContent, given: str | None) -> str:
    """The commit given, else that of the run. Raises UsageError if there is none."""
    recorded = str(content.environment.get("commit") or "").partition("+")[0]
    commit = (given or recorded).lower()
    if not commit:
        raise UsageError(
            f"asv orders results by commits, and {content.path} records none; "
            "add --commit with the commit of the repository that asv follows"
        )
    if not _COMMIT.fullmatch(commit):
        raise UsageError(f"--commit is {given!r}; allowed: 7 to 40 hexadecimal digits, as `git rev-parse HEAD` prints")
    return commit


def _name(implementation: str) -> str:
    return f"convcost.time_{implementation}"


def _benchmark(implementation: str, cases: Sequence[str]) -> dict[str, Any]:
    """The description of a benchmark; asv compares results of the same version only."""
    return {
        "code": "", "name": _name(implementation), "param_names": ["case"], "params": [[repr(case) for case in cases]],
        "type": "time", "unit": "seconds", "version": _version(implementation), "timeout": 60.0, "number": 0,
        "repeat": 0, "rounds": 1, "processes": 1, "sample_time": 0.01, "warmup_time": 0.0, "min_run_count": 2,
    }  # fmt: skip


def _version(implementation: str) -> str:
    return hashlib.sha256(_name(implementation).encode()).hexdigest()


def _result(implementation: str, rows: dict[str, TimedRow], cases: Sequence[str]) -> list[Any]:
    """The values of a benchmark in the order of _COLUMNS, null for the cases that it lacks.

    asv's intervals cover 99 %, those of a row 95 %: they are null, and asv compares the samples.
    """
    listed = [rows.get(case) for case in cases]
    quarters = [None if one is None else np.quantile(one.values_s, (0.25, 0.75)).tolist() for one in listed]
    return [
        [None if one is None else one.row.time_s for one in listed],
        [[repr(case) for case in cases]],
        _version(implementation),
        None,
        None,
        None,
        None,
        [None if quarter is None else quarter[0] for quarter in quarters],
        [None if quarter is None else quarter[1] for quarter in quarters],
        [None if one is None else one.row.calls_per_sample for one in listed],
        [None if one is None else len(one.values_s) for one in listed],
        [None if one is None else one.values_s for one in listed],
    ]


def _machine(content: RunContent) -> dict[str, str]:
    environment = content.environment
    # A name of a folder: a host of dots alone would name another folder.
    host = re.sub(r"[^A-Za-z0-9._-]+", "-", str(environment.get("host") or ""))[:_LONGEST_HOST].strip(".") or "unknown"
    memory = environment.get("memory_bytes")
    return {
        "machine": host,
        "os": str(environment.get("os") or ""),
        "arch": found[0] if (found := _ARCHITECTURE.search(str(environment.get("os") or ""))) else "",
        "cpu": str(environment.get("cpu") or ""),
        "num_cpu": str(environment.get("cores") or ""),
        "ram": "" if memory is None else str(memory),
    }


def _milliseconds(created: str | None) -> int | None:
    """A time in milliseconds since 1970, as JavaScript counts; None if unknown."""
    return None if created is None else round(datetime.fromisoformat(created).timestamp() * 1000)
