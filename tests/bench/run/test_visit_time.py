"""The seconds of a visit, counted call by call."""

from __future__ import annotations

import pytest

from bench.run import visit_time as modelling
from bench.run.visit_time import visit_time
from impls import Case, ConvProblem

CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))


def given(monkeypatch: pytest.MonkeyPatch, *, loops_s: float, other_s: float = 0.0) -> None:
    """Calls of these lengths; ten seconds for a truth; three for each filter, and two first and one later to check."""
    macs = CASE.problem.macs
    monkeypatch.setattr(modelling, "_LOOPS_S_PER_MAC", loops_s / macs)
    monkeypatch.setattr(modelling, "_S_PER_MAC", other_s / macs)
    monkeypatch.setattr(modelling, "_TRUTH_S_PER_MAC", 10.0 / macs)
    monkeypatch.setattr(modelling, "_CHECK_S_PER_MAC", 3.0 / macs)
    monkeypatch.setattr(modelling, "_FIRST_CHECK_S", 2.0)
    monkeypatch.setattr(modelling, "_CHECK_S", 1.0)


def test_quick_candidates_use_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, loops_s=0.0)
    visit = visit_time(CASE, ("direct", "torch"), 4.0, 3, 0)
    assert (visit.samples_s, visit.checks_s) == (4.0, 2 * 10.0 + 2 * (3.0 + 2.0))


def test_known_losers_have_a_part_of_a_share_and_are_left_out_later(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, loops_s=0.0)
    # Each of the two that may be fastest has 2 s, each of the two others half of it.
    visit = visit_time(CASE, ("direct", "torch", "im2col", "loops"), 4.0, 3, 2)
    assert (visit.samples_s, visit.checks_s) == (6.0, 10.0 + 4 * (3.0 + 1.0))
    visit = visit_time(CASE, ("direct", "torch", "im2col", "loops"), 4.0, 3, 3)
    assert (visit.samples_s, visit.checks_s) == (pytest.approx(8 / 3), 10.0 + 2 * (3.0 + 1.0))


@pytest.mark.parametrize(
    ("loops_s", "max_seconds", "samples_s"),
    [
        # Two samples without a call before them; the other one has a share of 0.15 s.
        (0.2, 0.2, 0.15 + 2 * 0.2),
        # Two samples with a call before each.
        (0.05, 0.2, 0.15 + 4 * 0.05),
        # The share is enough.
        (0.05, 2.0, 3.0),
    ],
)
def test_a_slow_candidate_takes_its_fewest_samples(
    monkeypatch: pytest.MonkeyPatch, loops_s: float, max_seconds: float, samples_s: float
) -> None:
    given(monkeypatch, loops_s=loops_s)
    visit = visit_time(CASE, ("loops", "torch"), max_seconds, 3, 1)
    assert visit.samples_s == pytest.approx(samples_s)


def test_the_first_visit_looks_for_tricks(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, loops_s=0.04)
    first, later = (visit_time(CASE, ("loops",), 1.0, 3, number) for number in (0, 1))
    # Two truths; the first call, three held outputs, one with its memory measured, one on a changed input.
    assert first.checks_s == pytest.approx(20.0 + 3.0 + 2.0 + 6 * 0.04)
    assert later.checks_s == pytest.approx(10.0 + 3.0 + 1.0 + 0.04)


def test_one_process_takes_all_blocks_of_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, loops_s=0.2)
    assert visit_time(CASE, ("loops",), 0.1, 1, 0).samples_s == pytest.approx(7 * 0.2)


def test_a_case_that_nothing_computes_takes_no_time() -> None:
    visit = visit_time(CASE, (), 4.0, 3, 0)
    assert (visit.samples_s, visit.checks_s) == (0.0, 0.0)
