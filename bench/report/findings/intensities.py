"""The arithmetic intensity of each timed row, FLOPs of the definition over compulsory bytes, beside its rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report.findings.frame_values import number
from bench.report.findings.results import Result, read

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Intensity:
    """A timed row in a roofline: `flops_per_byte` is of the definition, each tensor being read or written once."""

    result: Result
    flops_per_byte: float
    rate_gflops: float


def intensities(measurements: pd.DataFrame) -> tuple[Intensity, ...]:
    """Those of the rows with a time, FLOPs and bytes, in order."""
    bytes_ = [number(value) for value in measurements["compulsory_bytes"]]
    return tuple(
        Intensity(result, result.direct_flops / moved, result.rate_gflops)
        for result, moved in zip(read(measurements), bytes_, strict=True)
        if result.rate_gflops is not None and moved
    )
