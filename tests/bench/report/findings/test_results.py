"""Data frames become typed results: nulls stay null, and only ok rows have a time."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bench.report.findings.results import Group, Time, add, by_case, read
from bench.store.column_types import LayerPlace
from bench.store.status import Flag, Status
from bench.tuning.value import Tuning
from tests.bench.report.synthetic_run import fault, layers, make_run, ok, points


def test_every_column_of_a_row_is_read() -> None:
    row = ok(
        "a",
        "torch",
        2e-3,
        1e-4,
        points=points({"kernel": "3"}),
        layers=layers(("net", "conv1", 4)),
        flags=(Flag.NOISY, Flag.CLOCK),
    )
    (result,) = read(make_run([row]).measurements)
    assert result.time == Time(2e-3, 1.9e-3, 2.1e-3)
    assert result.group == Group("cpu", "fp32", "nchw", 2, "warm")
    assert result.points == ({"kernel": "3"},)
    assert result.layers == (LayerPlace("net", "conv1", 4),)
    assert result.flags == (Flag.NOISY, Flag.CLOCK)
    assert result.rate_gflops == pytest.approx(500)
    assert result.rate_interval_gflops == pytest.approx((1 / 2.1e-3, 1 / 1.9e-3))


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
def test_only_ok_rows_have_a_time(status: Status) -> None:
    (result,) = read(make_run([fault("a", "fft", status, None)]).measurements)
    assert result.time is None
    assert result.rate_gflops is None
    assert result.reason == ""


@pytest.mark.parametrize(("column", "value"), [("status", "something-new"), ("flags", ["something-new"])])
def test_an_unknown_status_or_flag_is_refused(column: str, value: Any) -> None:
    measurements = make_run([ok("a", "torch", 1e-3)]).measurements.assign(**{column: [value]})
    with pytest.raises(ValueError, match="something-new"):
        read(measurements)


@pytest.mark.parametrize("time_s", [None, math.nan, 0.0, -1.0, math.inf])
def test_an_impossible_time_is_none(time_s: Any) -> None:
    assert read(make_run([ok("a", "torch", time_s)]).measurements)[0].time is None


@pytest.mark.parametrize("ends", [{"time_low_s": 1e-3}, {"time_high_s": 1e-3}, {"time_low_s": math.nan}, {}])
def test_half_an_interval_counts_as_none(ends: dict[str, float]) -> None:
    time = read(make_run([ok("a", "torch", 1e-3, **ends)]).measurements)[0].time
    assert time is not None
    assert time.interval_s is None


def test_nulls_in_a_column_of_numbers_stay_null() -> None:
    rows = [ok("a", "torch", 1e-3), ok("b", "torch", 1e-3, device="cuda", error_rms=None, error_share=None, bound=None)]
    first, second = read(make_run(rows).measurements)
    assert (first.group.threads, second.group.threads) == (2, None)
    assert (second.error_rms, second.error_share, second.bound) == (None, None, "")


def test_a_row_without_flops_has_no_rate() -> None:
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
def test_a_sum_has_an_interval_only_if_every_term_has_one(times: list[Time], total: Time | None) -> None:
    assert add(times) == total


def test_one_key_on_two_devices_gives_two_cases() -> None:
    rows = [ok("same", "torch", 1e-3), ok("same", "torch", 1e-5, device="cuda")]
    assert len(by_case(read(make_run(rows).measurements))) == 2


def test_settings_of_clock_and_power_are_conditions_of_a_group() -> None:
    rows = [ok("a", "torch", 1e-3, device="cuda", gpu_clock_mhz=clock_mhz) for clock_mhz in (None, 1200, 1500)]
    rows.append(ok("b", "torch", 1e-3, governor="performance"))
    found = read(make_run(rows).measurements)
    assert [result.group.tuning for result in found] == [
        Tuning(), Tuning(1200), Tuning(1500), Tuning(governor="performance"),
    ]  # fmt: skip
    assert found[1].group.label == "cuda · fp32 · nchw · GPU clock 1200 MHz"
    assert found[3].group.label == "cpu · fp32 · nchw · 2 threads · governor performance"
    assert len(by_case(found)) == 4
    # Runs up to schema 2.3 have no such columns.
    names = ["gpu_clock_mhz", "power_limit_w", "governor"]
    assert {r.group.tuning for r in read(make_run(rows).measurements.drop(columns=names))} == {Tuning()}
