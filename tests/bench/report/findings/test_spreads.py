"""Rates are compared within one implementation and one group."""

from __future__ import annotations

import pytest

from bench.report.findings.ranking import rank
from bench.report.findings.results import Result, read
from bench.report.findings.spreads import best_spreads, spreads
from bench.store.schema import Row
from tests.bench.report.synthetic_run import fault, make_run, ok


def results(*rows: Row) -> tuple[Result, ...]:
    return read(make_run(rows).measurements)


def test_spreads_are_per_implementation_and_group() -> None:
    found = spreads(
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


def test_the_best_spread_takes_the_fastest_of_each_case() -> None:
    (found,) = best_spreads(
        rank(results(ok("a", "x", 1.0), ok("a", "y", 0.5), ok("b", "x", 0.1), fault("b", "y", "wrong", "n")))
    )
    assert (found.lowest.rate_gflops, found.highest.rate_gflops) == (pytest.approx(2.0), pytest.approx(10.0))
