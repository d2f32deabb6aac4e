"""`convcost validate`: implementation × problem × device × precision, with errors; nothing is timed."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from bench.errors import OutOfTime
from bench.machine import devices
from bench.run import sweep
from bench.store.schema import Row
from bench.sweep.job import Job
from bench.sweep.layers import read_descriptors
from bench.sweep.overrides import Overrides
from bench.worker.protocol import case_to_dict
from impls import Case, ConvProblem
from impls.interface import LAYOUTS


@dataclass(frozen=True, slots=True)
class Validation:
    """A row for each implementation of the cases that were finished; `left_out` are those for which time ended."""

    rows: tuple[Row, ...]
    left_out: tuple[Case, ...] = ()

    @property
    def failures(self) -> list[Row]:
        return sweep.failures(self.rows)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "rows": [row.as_dict() for row in self.rows],
            "left_out": [case_to_dict(case) for case in self.left_out],
        }


def prove(job: Job, limit_s: float = math.inf) -> Validation:
    """Every case of the order proven right or wrong, or those that are finished within the limit."""
    finished: list[list[Row]] = []
    with suppress(OutOfTime):
        for rows in sweep.validate(job, time.monotonic() + limit_s):
            finished.append(rows)
    left_out = tuple(planned.case for planned in job.cases[len(finished) :])
    return Validation(tuple(row for rows in finished for row in rows), left_out)


def problems(descriptors: Sequence[str], *, bias: bool) -> list[ConvProblem]:
    """Problems by descriptor, or the default ones. Raises impls.ConvError for a descriptor that is none."""
    return [ConvProblem.parse(text, bias=bias) for text in descriptors] or default_problems()


def with_defaults(overrides: Overrides) -> Overrides:
    """One process, and every precision and layout unless the user names some."""
    return replace(
        overrides,
        processes=1,
        precisions=overrides.precisions or default_precisions(),
        layouts=overrides.layouts or LAYOUTS,
    )


def default_problems() -> list[ConvProblem]:
    """The dense table of odd problems that come with convcost, with and without bias in turn."""
    content = (resources.files("bench.sweep") / "validation.txt").read_text(encoding="utf-8")
    layers = read_descriptors(content, "validation", "validation.txt").layers
    return [ConvProblem.parse(layer.problem.descriptor, bias=i % 2 == 1) for i, layer in enumerate(layers)]


def default_precisions() -> tuple[str, ...]:
    """All that a device here computes in: TF32 exists on CUDA only."""
    return ("fp32", "fp64", "bf16", "fp16", *(("tf32", "tf32x3") if "cuda" in devices.available() else ()))
