"""The least time that a device's measured ceilings allow (the roofline), and how close measured times come to it.

S. Williams, A. Waterman, D. Patterson, "Roofline: An Insightful Visual Performance Model for Multicore Architectures",
CACM 52(4), 2009; with the bandwidth of the cache level that holds the data: A. Ilic, F. Pratas, L. Sousa, "Cache-aware
Roofline model: Upgrading the loft", IEEE CAL 13(1), 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from bench.calibration.value import FMA, Calibration, find
from bench.cost.counts import Needed, needed
from bench.store.schema import Row
from bench.store.status import Flag, Status
from impls import Case, ConvProblem, get
from impls.registry import BUILT_IN

# A time this many times below its floor is impossible. FMA chains reach all that a core can do: their rates repeat
# within some 5 %, and processors clock higher on some work than on other work.
TOLERANCE = 1.15
# For less certain ceilings: a library's product may use only half of the vectors' width, and bandwidth is shared with
# other programs (one loop measured between 16 and 73 GB/s within minutes).
LOOSE_TOLERANCE = 4.0
# An algorithm that nobody told us of may need half of the FLOPs of the best known one: Winograd's F(8, 3) needs 0.88 of
# the products of F(6, 3), the largest of ours.
UNKNOWN_TOLERANCE = 2.0
# Algorithms that compute the products of the definition and may skip those with padding, counted or not.
_MAY_SKIP_PADDING = {"loops", "direct", "implicit-gemm"}
# Algorithms that multiply the padding too.
_MULTIPLIES_PADDING = {"im2col"}


def floor_s(
    flops: int | None, bytes_: int | None, precision: str, calibration: Calibration, *, cold: bool = False
) -> float | None:
    """The least seconds for `flops` or for moving `bytes_` once: the longer of both; None if neither is known.

    The bandwidth is that of the smallest level that holds `bytes_`; with cold caches, that of the memory.
    """
    peak = None if flops is None else calibration.peak(precision)
    level = None if bytes_ is None else calibration.level_for(bytes_, cold=cold)
    floors = []
    if flops is not None and peak is not None:
        floors.append(flops / peak.flops_per_s)
    if bytes_ is not None and level is not None and level.bytes_per_s is not None:
        floors.append(bytes_ / level.bytes_per_s)
    return max(floors, default=None)


def knows_flops(row: Row) -> bool:
    """Whether a row's floor includes arithmetic, not bytes alone."""
    return row.executed_flops is not None or row.algorithm in _MAY_SKIP_PADDING | _MULTIPLIES_PADDING


def least_flops(row: Row, least: Needed) -> int | None:
    """The fewest FLOPs that the row's algorithm needs; None where a library may have chosen an algorithm with fewer."""
    if row.algorithm in _MAY_SKIP_PADDING:
        return least.flops if row.executed_flops is None else min(least.flops, row.executed_flops)
    if row.executed_flops is not None:
        return row.executed_flops
    return least.flops if row.algorithm in _MULTIPLIES_PADDING else None


@lru_cache(maxsize=4096)
def possible_flops(problem: ConvProblem) -> int:
    """The fewest FLOPs by which any algorithm known here computes a problem: direct, Winograd's tiles, FFT.

    By the work that the built-in implementations state; their counts do not depend on the precision.
    """
    case = Case(problem)
    counts = [needed(case).flops]
    for name in BUILT_IN:
        implementation = get(name)
        if "cpu" in implementation.devices and implementation.why_not(case) is None:
            counts.append(implementation.work(case).flops or counts[0])
    return min(counts)


def with_roofline(rows: Sequence[Row], calibrations: tuple[Calibration, ...]) -> list[Row]:
    """The rows with their floor and their shares of it and of the peak, flagged where they are impossibly fast."""
    return [_with_floor(row, find(calibrations, row.device, row.threads, row.tuning.key)) for row in rows]


def _with_floor(row: Row, calibration: Calibration | None) -> Row:
    # An empty batch has no work: no time is too short.
    if calibration is None or row.status is not Status.OK or not row.time_s or not row.macs:
        return row
    problem = ConvProblem.parse(row.descriptor, bias=row.bias)
    least = needed(Case(problem, row.precision, row.layout, row.device, row.direction))
    flops = least_flops(row, least)
    of_peak = peak_fraction(row, calibration)
    floor = floor_s(flops, least.bytes, row.precision, calibration, cold=row.cache == "cold")
    if floor is None:
        return replace(row, peak_fraction=of_peak)
    warnings: list[Flag] = [flag for flag in row.flags if flag is not Flag.IMPOSSIBLE]
    peak = calibration.peak(row.precision)
    arithmetic_s = floor_s(flops, None, row.precision, calibration) or 0.0
    tolerance = TOLERANCE if peak is not None and peak.method == FMA else LOOSE_TOLERANCE
    possible_s = floor_s(possible_flops(problem), None, row.precision, calibration) or 0.0
    if (
        arithmetic_s > tolerance * row.time_s
        or floor > LOOSE_TOLERANCE * row.time_s
        # Whatever FLOPs the implementation states, and if it states none.
        or possible_s > max(tolerance, UNKNOWN_TOLERANCE) * row.time_s
    ):
        warnings.append(Flag.IMPOSSIBLE)
    share = floor / row.time_s if knows_flops(row) else None
    return replace(row, roofline_s=floor, roofline_fraction=share, peak_fraction=of_peak, flags=tuple(warnings))


def peak_fraction(row: Row, calibration: Calibration) -> float | None:
    """The FLOPs of the definition over the time, as a share of the peak; None without a peak.

    Above 1 where an algorithm executes fewer FLOPs than the definition has, as Winograd and FFT do.
    """
    peak = calibration.peak(row.precision)
    return row.direct_flops / row.time_s / peak.flops_per_s if peak is not None and row.time_s else None
