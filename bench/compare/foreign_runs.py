"""Files of pyperf and google-benchmark as runs of a comparison: a benchmark is a row, its processes are the units."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from bench.compare import sides
from bench.compare.sides import ComparedRun
from bench.store.foreign import files
from bench.store.foreign.value import ForeignRun
from bench.store.process_times import ENERGY_COLUMNS, KEYS, ROW_COLUMNS, ProcessTimes
from bench.store.status import Status

# What the programs call the parts of a machine, by our names.
_ENVIRONMENT = {
    "hostname": "host", "host_name": "host", "cpu_model_name": "cpu", "cpu_count": "cores", "num_cpus": "cores",
    "platform": "os", "python_version": "python",
}  # fmt: skip


def read(path: Path) -> ComparedRun:
    """A run of a comparison, from the folder of a run or the file of another program.

    Raises UsageError for what is neither, InfrastructureError for damage.
    """
    return of_foreign(files.read(path)) if files.is_foreign(path) else sides.read(path)


def of_foreign(found: ForeignRun) -> ComparedRun:
    """The results of another program; its name takes the place of an implementation."""
    environment = {ours: found.machine[theirs] for theirs, ours in _ENVIRONMENT.items() if theirs in found.machine}
    # Such files are written at the end: there is no unfinished one.
    meta: dict[str, Any] = {"environment": environment, "finished_utc": ""}
    return sides.of_tables(str(found.path), meta, process_times(found))


def process_times(found: ForeignRun) -> ProcessTimes:
    """The rows of another program and the median time of each in each process; without joules."""
    import pandas as pd

    rows, times = [], []
    for case in found.cases:
        key = {"case_key": case.name, "implementation": found.program}
        state = Status.OK if case.samples_s else Status.FAILED
        medians = [statistics.median(taken) for taken in case.samples_s]
        about = {"descriptor": case.name, "device": "cpu", "status": state.value, "reason": case.reason}
        time_s = statistics.median(medians) if medians else None
        rows.append(dict.fromkeys(ROW_COLUMNS) | key | about | {"time_s": time_s})
        times += [{**key, "process": number, "time_s": median} for number, median in enumerate(medians)]
    return ProcessTimes(
        pd.DataFrame(rows, columns=list(ROW_COLUMNS)),
        pd.DataFrame([], columns=list(ENERGY_COLUMNS)),
        pd.DataFrame(times, columns=[*KEYS, "process", "time_s"]),
    )
