"""A choice is rated by the chooser's own time over that of the fastest."""

from __future__ import annotations

import pytest

from bench.report.findings.choices import choices
from bench.report.findings.ranking import rank, tally
from bench.report.findings.results import read
from bench.store.schema import Row
from tests.bench.report.synthetic_run import make_run, ok


def test_a_choice_is_judged_by_its_own_time_over_the_fastest() -> None:
    def auto(case: str, delegate: str, time_s: float) -> Row:
        return ok(case, "auto", time_s, 0.01, delegate=delegate)

    rows = [
        ok("a", "x", 1.0, 0.1), ok("a", "y", 2.0, 0.1), auto("a", "x", 0.98),
        ok("b", "x", 1.0, 0.1), ok("b", "y", 1.1, 0.1), auto("b", "y", 1.1),
        ok("c", "x", 1.0, 0.1), ok("c", "y", 1.5, 0.1), auto("c", "y", 1.6),
        ok("d", "y", 1.0, 0.1), auto("d", "x", 1.0),
    ]  # fmt: skip
    rankings = rank(read(make_run(rows).measurements))
    (made,) = choices(rankings)
    assert (made.implementation, len(made.choices), made.found) == ("auto", 3, 2)
    assert made.typical_ratio == pytest.approx(1.1)
    assert (made.furthest_off.result.case_key, made.furthest_off.ratio) == ("c", pytest.approx(1.6))
    counts = {t.implementation: t.timed for t in tally(rankings)}
    # On the last case it competed in place of its choice.
    assert counts == {"x": 3, "y": 4, "auto": 4}
    assert {t.implementation for t in tally(rankings[:3])} == {"x", "y"}
