"""Statuses and flags are counted, and missing times are grouped by reason."""

from __future__ import annotations

from bench.report.findings import statuses
from bench.report.findings.results import Result, read
from bench.store.schema import Row
from bench.store.status import Flag, Status
from tests.bench.report.synthetic_run import fault, make_run, ok


def results(*rows: Row) -> tuple[Result, ...]:
    return read(make_run(rows).measurements)


def test_statuses_are_counted_in_a_fixed_order() -> None:
    kinds = (Status.UNSUPPORTED, Status.TIMEOUT, Status.CRASHED, Status.FAILED, Status.WRONG)
    found = results(*(fault("a", f"x{i}", status, "n") for i, status in enumerate(kinds)), ok("a", "z", 1.0))
    order = [Status.OK, Status.WRONG, Status.FAILED, Status.CRASHED, Status.TIMEOUT, Status.UNSUPPORTED]
    assert list(statuses.status_counts(found).items()) == [(status, 1) for status in order]


def test_a_status_without_rows_is_not_counted() -> None:
    found = results(fault("a", "x", Status.UNSUPPORTED, "n"), ok("a", "z", 1.0))
    assert statuses.status_counts(found) == {Status.OK: 1, Status.UNSUPPORTED: 1}


def test_only_ok_rows_have_their_flags_counted() -> None:
    noisy = (Flag.NOISY,)
    found = results(
        ok("a", "x", 1.0, flags=(*noisy, Flag.FEW_BLOCKS)), fault("a", "y", Status.FAILED, "n", flags=noisy)
    )
    assert statuses.flag_counts(found) == {Flag.NOISY: 1, Flag.FEW_BLOCKS: 1}


def test_unsupported_rows_are_no_faults() -> None:
    found = results(fault("a", "x", Status.UNSUPPORTED, "n"), fault("a", "y", Status.WRONG, "n"), ok("a", "z", 1.0))
    assert [result.implementation for result in statuses.faults(found)] == ["y"]


def test_refusals_are_grouped_by_implementation_and_reason() -> None:
    found = statuses.refusals(
        results(
            fault("a", "x", Status.UNSUPPORTED, "stride"),
            fault("b", "x", Status.UNSUPPORTED, "kernel"),
            fault("c", "x", Status.UNSUPPORTED, "kernel", device="cuda"),
            fault("c", "y", Status.FAILED, None),
            ok("a", "y", 1.0),
        )
    )
    assert [(r.implementation, r.status, r.reason, r.cases, r.devices) for r in found] == [
        ("x", Status.UNSUPPORTED, "kernel", 2, ("cpu", "cuda")),
        ("x", Status.UNSUPPORTED, "stride", 1, ("cpu",)),
        ("y", Status.FAILED, "", 1, ("cpu",)),
    ]
