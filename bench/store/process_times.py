"""A run as comparisons need it: its rows, and the time of each row in each worker process.

Read from the tables where they were made from this very journal, else from the journal: of ten thousand rows tables
are read in a second, a journal in some. A table that cannot be read is no error: the journal is the only truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.energy.meter import MEASURED
from bench.errors import InfrastructureError
from bench.format import count
from bench.store import journal, tables
from bench.store.energy_schema import Energy
from bench.store.entering import check_samples, checked
from bench.store.runs import fingerprint
from bench.store.schema import Row, Sample
from bench.store.status import Status

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("case_key", "implementation")
# What comparisons read of a row.
ROW_COLUMNS = (
    *KEYS, "descriptor", "device", "provider", "delegate", "status", "reason", "time_s", "plan_s", "plan_cached_s",
    "peak_bytes", "error_rms",
)  # fmt: skip
ENERGY_COLUMNS = (*KEYS, "scope", "method", "gross_j", "gross_u95_j", "processes", "windows")
_MEASURED = tuple(method.value for method in MEASURED)


@dataclass(frozen=True, slots=True)
class ProcessTimes:
    """The rows of a run, its measured joules, and the median time of each row in each process.

    `rows` has ROW_COLUMNS, `joules` ENERGY_COLUMNS, of measured figures alone; `times` has KEYS, `process` and
    `time_s`, one line for each process of an ok row.
    """

    rows: pd.DataFrame
    joules: pd.DataFrame
    times: pd.DataFrame


def read(folder: Path) -> ProcessTimes:
    """Read a run. Raises InfrastructureError for a journal that is damaged."""
    found = _from_tables(folder)
    return _from_journal(folder) if found is None else found


def _from_tables(folder: Path) -> ProcessTimes | None:
    """The run from its tables; None where one is missing, was made from another journal, or cannot be read."""
    import pyarrow as pa

    file = journal.file_of(folder)
    try:
        if file is None or not tables.are_made_from(folder, fingerprint(folder)):
            return None
        wanted = {
            "measurements": ROW_COLUMNS, "samples": (*KEYS, "process", "time_s"), "energy": ENERGY_COLUMNS,
        }  # fmt: skip
        found = {name: tables.read(folder, name, columns) for name, columns in wanted.items()}
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return ProcessTimes(found["measurements"], _measured(found["energy"]), _by_process(found["samples"]))


def _from_journal(folder: Path) -> ProcessTimes:
    import pandas as pd

    rows: dict[str, Sequence[Mapping[str, Any]]] = {}
    joules: dict[tuple[str, str], list[dict[str, Any]]] = {}
    taken = _Taken([], [], [], [])
    for number, record in enumerate(journal.records(folder), 1):
        try:
            if "rows" in record:
                rows[record["key"]] = [_entered(Row, row, ROW_COLUMNS) for row in record["rows"]]
                for implementation, columns in record["samples"].items():
                    check_samples(Sample, {name: columns[name] for name in ("process", "time_s")})
                    taken.add(record["key"], implementation, columns["process"], columns["time_s"])
            elif "energy" in record:
                for name, figures in record["energy"].items():
                    joules[record["key"], name] = [_entered(Energy, one, ENERGY_COLUMNS) for one in figures]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InfrastructureError(f"{journal.file_of(folder)}, record {number} is damaged: {error!r}") from error
    lines = [row for found in rows.values() for row in found]
    figures = [
        {**figure, "case_key": key, "implementation": implementation}
        for (key, implementation), found in joules.items()
        for figure in found
    ]
    return ProcessTimes(
        pd.DataFrame(lines, columns=list(ROW_COLUMNS)),
        _measured(pd.DataFrame(figures, columns=list(ENERGY_COLUMNS))),
        _by_process(taken.frame()),
    )


def _entered(kind: Any, line: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """The wanted columns of a line, null where it has none. Raises ValueError for one that its table cannot hold."""
    found = checked(kind, {name: line[name] for name in wanted if name in line})
    if "status" in found:
        Status(found["status"])
    return {name: found.get(name) for name in wanted}


@dataclass(frozen=True, slots=True)
class _Taken:
    """Samples of all visits, with the row of each list of samples once."""

    places: list[tuple[str, str]]
    lengths: list[int]
    processes: list[np.ndarray]
    times_s: list[np.ndarray]

    def add(self, key: str, implementation: str, process: Sequence[int], time_s: Sequence[float]) -> None:
        if len(process) != len(time_s):
            raise ValueError(f"processes of {count(len(process), 'sample')} beside {len(time_s)} times")
        self.places.append((key, implementation))
        self.lengths.append(len(process))
        self.processes.append(np.asarray(process, dtype=np.int64))
        self.times_s.append(np.asarray(time_s, dtype=np.float64))

    def frame(self) -> pd.DataFrame:
        import pandas as pd

        keys = [_repeated([place[i] for place in self.places], self.lengths) for i in range(2)]
        process = np.concatenate(self.processes) if self.processes else np.zeros(0, dtype=np.int64)
        time_s = np.concatenate(self.times_s) if self.times_s else np.zeros(0)
        return pd.DataFrame(dict(zip((*KEYS, "process", "time_s"), (*keys, process, time_s), strict=True)))


def _repeated(words: Sequence[str], counts: Sequence[int]) -> pd.Categorical[str]:
    """Each word as often as its count: a number for each, as a text for each of millions does not fit in the memory."""
    import pandas as pd

    known = {word: code for code, word in enumerate(dict.fromkeys(words))}
    codes = np.repeat(np.array([known[word] for word in words], dtype=np.int32), counts)
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(known)))


def _by_process(samples: pd.DataFrame) -> pd.DataFrame:
    """The median time of each row in each process, of the samples with a time above 0."""
    timed = samples[samples["time_s"] > 0]
    found: pd.DataFrame = timed.groupby([*KEYS, "process"], sort=False, observed=True)["time_s"].median().reset_index()
    return found.astype(dict.fromkeys(KEYS, object))


def _measured(joules: pd.DataFrame) -> pd.DataFrame:
    found: pd.DataFrame = joules[joules["method"].isin(_MEASURED)]
    return found


def fine(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that are ok."""
    found: pd.DataFrame = rows[rows["status"] == Status.OK.value]
    return found
