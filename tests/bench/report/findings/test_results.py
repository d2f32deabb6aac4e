"""Data frames become typed results: nulls stay null, only ok rows have a time."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bench.report.findings.results import Group, Layer, Time, add, by_case, read
from tests.bench.report.synthetic_run import fault, layers, make_run, ok, points


def test_a_row_is_read_whole() -> None:
    row = ok("a", "torch", 2e-3, 1e-4, points=points({"kernel": "3"}), layers=layers(("net", "conv1", 4)), flags="x, y")
    (result,) = read(make_run([row]).measurements)
    assert result.time == Time(2e-3, 1.9e-3, 2.1e-3)
    assert result.group == Group("cpu", "fp32", "nchw", 2, "warm")
    assert result.points == ({"kernel": "3"},)
    assert result.layers == (Layer("net", "conv1", 4),)
    assert result.flags == ("x", "y")
    assert result.rate_gflops == pytest.approx(500)
    assert result.rate_interval_gflops == pytest.approx((1 / 2.1e-3, 1 / 1.9e-3))


@pytest.mark.parametrize("status", ["wrong", "unsupported", "failed", "crashed", "timeout", "something-new"])
def test_only_ok_has_a_time(status: str) -> None:
    (result,) = read(make_run([fault("a", "fft", status, None)]).measurements)
    assert result.time is None
    assert result.rate_gflops is None
    assert result.reason == ""


@pytest.mark.parametrize("time_s", [None, math.nan, 0.0, -1.0, math.inf])
def test_a_time_that_is_none_stays_none(time_s: Any) -> None:
    assert read(make_run([ok("a", "torch", time_s)]).measurements)[0].time is None


@pytest.mark.parametrize("ends", [{"time_low_s": 1e-3}, {"time_high_s": 1e-3}, {"time_low_s": math.nan}, {}])
def test_half_an_interval_is_none(ends: dict[str, float]) -> None:
    time = read(make_run([ok("a", "torch", 1e-3, **ends)]).measurements)[0].time
    assert time is not None
    assert time.interval_s is None


def test_nulls_beside_numbers_in_one_column_stay_null() -> None:
    rows = [ok("a", "torch", 1e-3), ok("b", "torch", 1e-3, device="cuda", error_rms=None, error_share=None, bound=None)]
    first, second = read(make_run(rows).measurements)
    assert (first.group.threads, second.group.threads) == (2, None)
    assert (second.error_rms, second.error_share, second.bound) == (None, None, "")


def test_no_flops_no_rate() -> None:
    (result,) = read(make_run([ok("a", "torch", 1e-3, 1e-4, direct_flops=0)]).measurements)
    assert result.time is not None
    assert (result.rate_gflops, result.rate_interval_gflops) == (None, None)


def test_an_empty_run_has_no_results() -> None:
    assert read(make_run([]).measurements) == ()


@pytest.mark.parametrize(
    ("times", "total"),
    [
        ([Time(1, 0.5, 2), Time(2, 1.5, 3)], Time(3, 2.0, 5)),
        ([Time(1, 0.5, 2), Time(2)], Time(3)),
        ([], None),
    ],
)
def test_sums_add_the_ends_and_need_all_of_them(times: list[Time], total: Time | None) -> None:
    assert add(times) == total


def test_one_key_on_two_devices_is_two_cases() -> None:
    rows = [ok("same", "torch", 1e-3), ok("same", "torch", 1e-5, device="cuda")]
    assert len(by_case(read(make_run(rows).measurements))) == 2
