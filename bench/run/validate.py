"""`convcost validate`: proves implementation × problem × device × precision right or wrong, without timing."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from bench.errors import OutOfTime
from bench.machine import devices
from bench.run import sweep
from bench.store.schema import Row
from bench.store.status import Status
from bench.store.stored import faults_of
from bench.sweep.job import Job
from bench.sweep.layers import read_descriptors
from bench.sweep.overrides import Overrides
from bench.sweep.problem_texts import layer_sets
from bench.worker.protocol import case_to_dict
from impls import Case, ConvProblem
from impls.interface import LAYOUTS


@dataclass(frozen=True, slots=True)
class Validation:
    """The rows of the cases that were finished; `left_out` are the cases after the end of the time limit."""

    rows: tuple[Row, ...]
    left_out: tuple[Case, ...] = ()

    @property
    def counts(self) -> dict[Status, int]:
        """The number of results of each status, 0 included."""
        counted = Counter(row.status for row in self.rows)
        return {status: counted[status] for status in Status}

    @property
    def failures(self) -> list[Row]:
        return faults_of(self.rows)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "counts": {status.value: number for status, number in self.counts.items()},
            "rows": [row.as_dict() for row in self.rows],
            "left_out": [case_to_dict(case) for case in self.left_out],
        }


def prove(job: Job, limit_s: float = math.inf) -> Validation:
    """Prove every case of a job right or wrong, as far as the limit of time allows."""
    finished: list[list[Row]] = []
    with suppress(OutOfTime):
        for rows in sweep.validate(job, time.monotonic() + limit_s):
            finished.append(rows)
    left_out = tuple(planned.case for planned in job.cases[len(finished) :])
    return Validation(tuple(row for rows in finished for row in rows), left_out)


def problems(words: Sequence[str], *, bias: bool) -> list[ConvProblem]:
    """Problems by descriptor, layer set or file, by default the table of odd ones.

    Raises impls.ConvError for a bad descriptor, UsageError for a bad file.
    """
    return given_problems(words, bias=bias) or default_problems()


def given_problems(words: Sequence[str], *, bias: bool = False) -> list[ConvProblem]:
    """The problems that the user gave, none by default. Raises as `problems` does."""
    return [layer.problem for one in layer_sets(words, bias=bias) for layer in one.layers]


def with_defaults(overrides: Overrides) -> Overrides:
    """The overrides with one process, and with all precisions and layouts unless the user gave some."""
    return replace(
        overrides,
        processes=1,
        precisions=overrides.precisions or default_precisions(),
        layouts=overrides.layouts or LAYOUTS,
    )


def default_problems() -> list[ConvProblem]:
    """The table of odd problems that come with convcost, with and without bias in turn."""
    content = (resources.files("bench.sweep") / "validation.txt").read_text(encoding="utf-8")
    layers = read_descriptors(content, "validation", "validation.txt").layers
    return [ConvProblem.parse(layer.problem.descriptor, bias=i % 2 == 1) for i, layer in enumerate(layers)]


def default_precisions() -> tuple[str, ...]:
    """All precisions of the devices here: TF32 exists on CUDA only."""
    return ("fp32", "fp64", "bf16", "fp16", *(("tf32", "tf32x3") if "cuda" in devices.available() else ()))
