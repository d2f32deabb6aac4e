"""Counts, errors, rates, refusals."""

from __future__ import annotations

import pytest

from bench.report.findings import tables
from bench.report.findings.results import Result, read
from bench.store.schema import Row
from tests.bench.report.synthetic_run import fault, make_run, ok


def results(*rows: Row) -> tuple[Result, ...]:
    return read(make_run(rows).measurements)


def test_statuses_are_counted_in_a_fixed_order() -> None:
    found = results(fault("a", "x", "unsupported", "n"), fault("a", "y", "odd", "n"), ok("a", "z", 1.0))
    assert list(tables.status_counts(found).items()) == [("ok", 1), ("unsupported", 1), ("odd", 1)]


def test_only_ok_rows_have_their_flags_counted() -> None:
    found = results(ok("a", "x", 1.0, flags="noisy,few-blocks"), fault("a", "y", "failed", "n", flags="noisy"))
    assert tables.flag_counts(found) == {"noisy": 1, "few-blocks": 1}


def test_refusals_are_grouped_by_implementation_and_reason() -> None:
    found = tables.refusals(
        results(
            fault("a", "x", "unsupported", "stride"),
            fault("b", "x", "unsupported", "kernel"),
            fault("c", "x", "unsupported", "kernel", device="cuda"),
            fault("c", "y", "failed", None),
            ok("a", "y", 1.0),
        )
    )
    assert [(r.implementation, r.status, r.reason, r.cases, r.devices) for r in found] == [
        ("x", "unsupported", "kernel", 2, ("cpu", "cuda")),
        ("x", "unsupported", "stride", 1, ("cpu",)),
        ("y", "failed", "", 1, ("cpu",)),
    ]


def test_accuracies_keep_wrong_results_and_skip_unchecked_ones() -> None:
    (found,) = tables.accuracies(
        results(
            ok("a", "x", 1.0, error_rms=1e-7, error_share=0.3),
            ok("b", "x", 1.0, error_rms=2e-7, error_share=None),
            fault("c", "x", "wrong", "n", error_rms=9e-6, error_rms_limit=2e-6, error_share=4.0),
            fault("d", "x", "unsupported", "n", error_rms=None, error_share=None),
        )
    )
    assert (found.checked, found.wrong) == (3, 1)
    assert (found.median_rms, found.largest_rms, found.largest_rms_limit) == (2e-7, 9e-6, 2e-6)
    assert found.largest_share == 4.0


def test_spreads_are_per_implementation_and_group() -> None:
    found = tables.spreads(
        results(
            ok("a", "x", 1.0, direct_flops=10**9),
            ok("b", "x", 1.0, direct_flops=4 * 10**9),
            ok("b", "x", 1e-3, direct_flops=10**9, device="cuda"),
            ok("c", "x", 1.0, direct_flops=0),
            fault("d", "x", "wrong", "n"),
        )
    )
    assert [(s.group.device, s.cases) for s in found] == [("cpu", 2), ("cuda", 1)]
    assert found[0].factor == pytest.approx(4.0)
    assert found[1].factor == pytest.approx(1.0)


def test_the_best_spread_takes_each_case_from_its_fastest() -> None:
    (found,) = tables.best_spreads(
        results(ok("a", "x", 1.0), ok("a", "y", 0.5), ok("b", "x", 0.1), fault("b", "y", "wrong", "n"))
    )
    assert (found.lowest.rate_gflops, found.highest.rate_gflops) == (pytest.approx(2.0), pytest.approx(10.0))
