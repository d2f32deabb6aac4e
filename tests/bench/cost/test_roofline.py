"""Floors computed by hand, and rows compared with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.calibration.value import Calibration, Level, Peak
from bench.cost.counts import needed
from bench.cost.roofline import (
    LOOSE_TOLERANCE,
    TOLERANCE,
    floor_s,
    knows_flops,
    least_flops,
    with_roofline,
)
from bench.store.schema import Row
from bench.store.status import Flag, Status
from impls import Case, ConvProblem

# Round numbers, so that floors can be computed by hand.
FORGED = Calibration(
    device="cpu",
    threads=2,
    peaks=(Peak("fp32", 1e7, "fma"), Peak("fp64", 5e6, "gemm 512")),
    levels=(
        Level("L1", 1_000, 4e6, "triad"),
        Level("L2", 10_000, None, shared=True),
        Level("L3", 100_000, 2e6, "read", shared=True),
        Level("memory", None, 1e6, "read", shared=True),
    ),
    failed=("bf16 gemm: RuntimeError: not here",),
)

# 1 × 1 on 10 × 10, no padding: 200 FLOPs; 100 + 1 + 100 numbers of 4 bytes are 804 B, which fit in L1.
POINT = ConvProblem.parse("mb1ic1ih10oc1kh1")
# 6.4 MFLOP without products with padding, 0.64 s; 0.2 MB in the memory, 0.2 s.
DENSE = ConvProblem.parse("mb1ic64ih10oc64kh3ph1")


@pytest.mark.parametrize(
    ("flops", "bytes_", "precision", "cold", "expected"),
    [
        (2_000_000, 500, "fp32", False, 0.2),
        (2_000_000, 500, "fp64", False, 0.4),
        (1, 500, "fp32", False, 125e-6),
        (1, 1_000, "fp32", False, 250e-6),
        # The level that holds these bytes has no rate: only arithmetic bounds the time.
        (1_000, 1_001, "fp32", False, 1e-4),
        (None, 1_001, "fp32", False, None),
        (None, 10_001, "fp32", False, 10_001 / 2e6),
        (None, 100_001, "fp32", False, 100_001 / 1e6),
        # Cold caches hold nothing.
        (1, 500, "fp32", True, 500e-6),
        (None, None, "fp32", False, None),
        (1_000, None, "fp32", False, 1e-4),
        (1_000, None, "bf16", False, None),
        (1_000, 400, "bf16", False, 100e-6),
    ],
)
def test_the_floor_is_the_longer_of_arithmetic_and_bytes(
    flops: int | None, bytes_: int | None, precision: str, cold: bool, expected: float | None
) -> None:
    found = floor_s(flops, bytes_, precision, FORGED, cold=cold)
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-12))


def test_an_empty_calibration_gives_no_floor() -> None:
    assert floor_s(1, 1, "fp32", Calibration("cpu", 2, failed=("why",))) is None


def _row(problem: ConvProblem, time_s: float | None = 1.0, **columns: object) -> Row:
    row = Row(
        descriptor=problem.descriptor,
        threads=2,
        algorithm="direct",
        status=Status.OK,
        time_s=time_s,
        macs=problem.macs,
        direct_flops=problem.direct_flops,
    )
    return replace(row, **columns)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("algorithm", "executed", "expected", "known"),
    [
        ("direct", None, "least", True),
        ("implicit-gemm", None, "least", True),
        ("im2col", None, "least", True),
        # The definition counts products with padding, which these algorithms may skip.
        ("loops", DENSE.direct_flops, "least", True),
        ("direct", 10, 10, True),
        ("im2col", DENSE.direct_flops, DENSE.direct_flops, True),
        ("winograd", 77, 77, True),
        (None, 78, 78, True),
        ("winograd", None, None, False),
        ("fft", None, None, False),
        (None, None, None, False),
    ],
)
def test_least_flops_depend_on_the_algorithm(
    algorithm: str | None, executed: int | None, expected: int | str | None, known: bool
) -> None:
    least = needed(Case(DENSE))
    assert 0 < least.flops < DENSE.direct_flops
    row = _row(DENSE, algorithm=algorithm, executed_flops=executed)
    assert least_flops(row, least) == (least.flops if expected == "least" else expected)
    assert knows_flops(row) is known


def _only(row: Row) -> Row:
    (found,) = with_roofline([row], (FORGED,))
    return found


@pytest.mark.parametrize(
    ("share", "impossible"),
    [(0.5, False), (1.0, False), (TOLERANCE - 0.01, False), (TOLERANCE + 0.01, True), (1e6, True)],
)
def test_a_time_below_the_floor_is_impossible(share: float, impossible: bool) -> None:
    floor = needed(Case(DENSE)).flops / 1e7
    row = _only(_row(DENSE, floor / share, flags=(Flag.NOISY,)))
    assert row.roofline_s == pytest.approx(floor)
    assert row.roofline_fraction == pytest.approx(share)
    assert row.flags == ((Flag.NOISY, Flag.IMPOSSIBLE) if impossible else (Flag.NOISY,))


@pytest.mark.parametrize(
    ("algorithm", "executed", "of_its_own"),
    [("direct", None, True), ("winograd", DENSE.direct_flops // 4, True), (None, None, False)],
)
def test_all_rows_have_the_same_measure_and_only_known_flops_a_share_of_their_own_floor(
    algorithm: str | None, executed: int | None, of_its_own: bool
) -> None:
    """At equal times torch showed ">= 0.74 %" beside oneDNN's 70 %."""
    # Twice as fast as the peak would compute the definition.
    row = _only(_row(DENSE, DENSE.direct_flops / 1e7 / 2, algorithm=algorithm, executed_flops=executed))
    assert row.peak_fraction == pytest.approx(2.0)
    assert (row.roofline_fraction is not None) is of_its_own
    assert row.roofline_s is not None


@pytest.mark.parametrize(
    ("share", "impossible"), [(1.0, False), (LOOSE_TOLERANCE - 0.1, False), (LOOSE_TOLERANCE + 0.1, True)]
)
def test_a_bandwidth_floor_has_the_loose_tolerance(share: float, impossible: bool) -> None:
    row = _only(_row(POINT, 804 / 4e6 / share))
    assert row.roofline_fraction == pytest.approx(share)
    assert row.flags == ((Flag.IMPOSSIBLE,) if impossible else ())


@pytest.mark.parametrize(("share", "impossible"), [(LOOSE_TOLERANCE - 0.1, False), (LOOSE_TOLERANCE + 0.1, True)])
def test_a_floor_by_products_has_the_loose_tolerance(share: float, impossible: bool) -> None:
    row = _only(_row(DENSE, needed(Case(DENSE, "fp64")).flops / 5e6 / share, precision="fp64"))
    assert row.roofline_fraction == pytest.approx(share)
    assert row.flags == ((Flag.IMPOSSIBLE,) if impossible else ())


def test_bytes_set_the_floor_where_they_take_longer() -> None:
    assert _only(_row(POINT)).roofline_s == pytest.approx(804 / 4e6)
    assert _only(_row(POINT, cache="cold")).roofline_s == pytest.approx(804 / 1e6)


def test_a_library_with_an_unknown_algorithm_is_bounded_by_bytes_only() -> None:
    """It may use Winograd inside and be faster than the definition's FLOPs allow."""
    fast = needed(Case(DENSE)).flops / 1e7 / 10
    roomy = replace(FORGED, levels=(replace(FORGED.levels[-1], bytes_per_s=1e12),))
    (row,) = with_roofline([_row(DENSE, fast, algorithm=None)], (roomy,))
    assert row.roofline_s == pytest.approx(needed(Case(DENSE)).bytes / 1e12)
    assert Flag.IMPOSSIBLE not in row.flags


@pytest.mark.parametrize(
    "row",
    [
        _row(DENSE, None),
        _row(DENSE, 0.0),
        _row(DENSE, status="wrong"),
        _row(DENSE, threads=1),
        _row(DENSE, device="cuda", threads=None),
        # An empty batch may take any time.
        _row(ConvProblem.parse("mb0ic64ih10oc64kh3ph1"), 1e-12),
    ],
    ids=["untimed", "no duration", "wrong", "other threads", "other device", "empty batch"],
)
def test_rows_without_a_floor_stay_unchanged(row: Row) -> None:
    assert with_roofline([row], (FORGED,)) == [row]


def test_rows_stay_unchanged_without_calibrations() -> None:
    assert with_roofline([_row(DENSE)], ()) == [_row(DENSE)]
