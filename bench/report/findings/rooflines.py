"""Places every timed result of a group on the roofline: effective rate by FLOPs per compulsory byte.

Roofline: S. Williams, A. Waterman and D. Patterson, "Roofline", Communications of the ACM 52(4), 2009.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.calibration.value import Calibration
from bench.report.findings.results import GIGA, Group, Result
from bench.rows.standing import Standing, doubt


@dataclass(frozen=True, slots=True)
class RoofPoint:
    """A result at its intensity in direct FLOPs per compulsory byte, with its effective rate in GFLOP/s."""

    result: Result
    intensity: float
    rate_gflops: float


@dataclass(frozen=True, slots=True)
class Roofline:
    """The points of a group under its measured peak, in GFLOP/s, and its measured bandwidths by level, in GB/s."""

    group: Group
    peak_gflops: float
    bandwidths_gbps: tuple[tuple[str, float], ...]
    points: tuple[RoofPoint, ...]

    @property
    def above(self) -> tuple[RoofPoint, ...]:
        """The points above the peak: their algorithm executes fewer FLOPs than the definition has."""
        return tuple(point for point in self.points if point.rate_gflops > self.peak_gflops)

    @property
    def ridge(self) -> float | None:
        """The intensity from which arithmetic and not memory is the limit; None without a bandwidth of memory."""
        memory = dict(self.bandwidths_gbps).get("memory")
        return None if memory is None else self.peak_gflops / memory


def roofline(group: Group, results: Iterable[Result], calibration: Calibration | None) -> Roofline | None:
    """The roofline of a group; None without a measured peak in its precision, or without a rate that is not too noisy.

    Compulsory bytes are those of input, weights, bias and output, once each.
    """
    peak = calibration.peak(group.precision) if calibration else None
    if calibration is None or peak is None:
        return None
    points = tuple(
        RoofPoint(result, result.direct_flops / size, rate)
        for result in results
        if result.group == group
        and (rate := result.rate_gflops) is not None
        and (size := result.other.compulsory_bytes)
        and doubt(result) is not Standing.NOISY
    )
    levels = tuple((v.name, v.bytes_per_s / GIGA) for v in calibration.levels if v.bytes_per_s is not None)
    return Roofline(group, peak.flops_per_s / GIGA, levels, points) if points else None
