"""A small run with known samples, for exporters: two cases, a wrong row, one in tf32x3, and two processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.store import journal, runs
from bench.store.column_types import problem_columns
from bench.store.samples import to_columns
from bench.store.schema import Row, Sample
from bench.store.status import Status
from impls import ConvProblem
from tests.bench.report.synthetic_run import layers

PADDED, PLAIN = "mb1ic4ih8oc4kh3ph1", "mb1ic4ih8oc4kh1"
KEYS = {text: f"{text}|nobias|fp32|nchw|forward|cpu|threads2|warm" for text in (PADDED, PLAIN)}
# By implementation and case, the seconds of each process's samples.
TIMES = {
    ("direct", PADDED): ((1e-3, 1.5e-3), (2e-3,)),
    ("direct", PLAIN): ((3e-4,), (4e-4,)),
    ("torch", PADDED): ((2e-3,), (2.5e-3, 3e-3)),
}
ENVIRONMENT = {
    "host": "the host", "cpu": "Example CPU", "cores": 2, "python": "3.11.7", "torch": "2.13.0", "memory_bytes": 2**30,
    "os": "Linux-6.1-x86_64-with-glibc2.36", "commit": "0123456789abcdef0123456789abcdef01234567+changes",
}  # fmt: skip


def make_run(folder: Path, **environment: Any) -> Path:
    """A run in `folder`; keywords replace values of its environment."""
    without = {"without": {"cpu": "no sensor"}, "model": None, "allotted_cores": 2}
    run = runs.create(folder, "made", {"environment": {**ENVIRONMENT, **environment}, "energy": without})
    for text, key in KEYS.items():
        names = [name for name, of in TIMES if of == text]
        rows = [_row(text, key, name) for name in names]
        if text == PLAIN:
            rows.append(_row(text, key, "fft", status=Status.WRONG, time_s=None, reason='error, "large"'))
            rows.append(_row(text, key, "tensor", precision="tf32x3", algorithm=None))
        samples = {name: to_columns(_samples(TIMES[name, text])) for name in names}
        samples["tensor"] = to_columns(_samples(((1e-5,),)))
        record = {"key": key, "rows": [row.as_record() for row in rows], "samples": samples, "spent_s": 1.0}
        journal.append(run, record)
    return run


def _row(text: str, key: str, name: str, **more: Any) -> Row:
    places = layers(("net", "conv1", 2)) if text == PADDED else ()
    given: dict[str, Any] = {
        "case_key": key, "descriptor": text, **problem_columns(ConvProblem.parse(text)), "implementation": name,
        "threads": 2, "time_s": 1e-3, "plan_s": 5e-3, "calls_per_sample": 7, "layers": places, "provider": "numba",
    }  # fmt: skip
    return Row(**(given | more))


def _samples(by_process: tuple[tuple[float, ...], ...]) -> list[Sample]:
    return [
        Sample(process=process, block=block, time_s=time_s, flags=("steal",) if block else ())
        for process, taken in enumerate(by_process)
        for block, time_s in enumerate(taken)
    ]
