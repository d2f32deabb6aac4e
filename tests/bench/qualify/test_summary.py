"""From forged answers to figures and verdicts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.estimates.binomial import Figure
from bench.estimates.conclusion import Conclusion
from bench.qualify.questions import CONVOLUTIONS, FULL, METHODS, QUICK, SLOWDOWNS, Answer, Effort, Question
from bench.qualify.summary import TimingLimit, between_runs, limits, summarise


def _answer(estimate: float, *, n: int | None = None, half: float = 0.01, condition: str = "quiet") -> Answer:
    question = Question(condition, "convcost", CONVOLUTIONS[0], n, 0)
    return Answer(question, estimate, estimate - half, estimate + half, 100, "max_seconds", 1.0)


def _all(condition: str, error: float = 0.001) -> list[Answer]:
    same = [_answer(1 + error * (-1) ** i, condition=condition) for i in range(100)]
    return same + [_answer((n + 1) / n, n=n, half=0.011, condition=condition) for n in SLOWDOWNS for _ in range(20)]


def test_errors_false_alarms_power_and_coverage_are_counted() -> None:
    answers = [
        _answer(1.0), _answer(0.98), _answer(1.004), _answer(1.015),
        _answer(1.02, n=50), _answer(1.005, n=50), _answer(0.97, n=50), _answer(1.02, n=50),
    ]  # fmt: skip
    answers += [_answer(1.1, n=n) for n in SLOWDOWNS if n != 50]
    (summary,) = summarise(answers)
    assert summary.error_max == pytest.approx(0.02)
    assert summary.error_p50.value == pytest.approx((0.004 + 0.015) / 2)
    assert summary.false_alarms.value == 2 / 4
    assert summary.power[50].value == 2 / 4
    assert summary.coverage.value == (2 + 2) / 11


def test_without_an_interval_no_difference_is_found() -> None:
    answer = replace(_answer(1.5), low=None, high=None)
    assert answer.covers
    assert not answer.finds_difference
    assert not answer.finds_slowdown


def test_a_difference_in_the_wrong_direction_is_not_a_slowdown() -> None:
    answer = _answer(0.9, n=50)
    assert answer.finds_difference
    assert not answer.finds_slowdown


@pytest.mark.parametrize("effort", [FULL, QUICK])
def test_every_method_gets_the_same_kinds_of_questions(effort: Effort) -> None:
    for condition in ("quiet", "busy"):
        asked = effort.questions(condition, 0)
        kinds = {m: sorted((q.n or 0, q.descriptor) for q in asked if q.method == m) for m in METHODS}
        assert kinds["convcost"] == kinds["Timer"]
        assert {q.condition for q in asked} == {condition}
    assert len(FULL.questions("quiet", 0)) == 2 * (200 + 4 * 50)


@pytest.mark.parametrize(("n", "truth"), [(None, 1.0), (100, 1.01), (50, 1.02), (20, 1.05)])
def test_the_true_ratio_is_exact(n: int | None, truth: float) -> None:
    assert Question("quiet", "convcost", CONVOLUTIONS[0], n, 0).truth == pytest.approx(truth, rel=1e-15)


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure(0.004, 0.003, 0.006, 200), Conclusion.MET),
        (Figure(0.008, 0.006, 0.01, 200), Conclusion.UNDECIDED),
        (Figure(0.008, None, None, 3), Conclusion.UNDECIDED),
        (Figure(0.009, 0.008, 0.01, 200), Conclusion.NOT_MET),
    ],
)
def test_the_interval_decides_the_verdict(figure: Figure, verdict: Conclusion) -> None:
    assert TimingLimit("error", figure, 0, 0.007).verdict == verdict
    # A busy machine only excuses a limit that is not met.
    busy = Conclusion.BUSY if verdict is Conclusion.NOT_MET else verdict
    assert TimingLimit("error", figure, 0, 0.007, was_busy=True).verdict == busy


def test_only_measured_conditions_have_limits() -> None:
    summaries = summarise([*_all("quiet"), *_all("busy", 0.009)])
    verdicts = {limit.name: limit.verdict for limit in limits(summaries, [0.01] * 50)}
    assert len(verdicts) == 9
    assert verdicts["quiet: A/A |ratio − 1|, 95th percentile"] == Conclusion.MET
    assert verdicts["busy: A/A |ratio − 1|, 95th percentile"] == Conclusion.MET
    assert verdicts["whole runs: |ratio − 1|, 95th percentile"] == Conclusion.MET
    # Every interval of these covers: more than a 95 % interval should.
    assert verdicts["quiet: the 95 % interval covers the truth"] != Conclusion.MET
    assert len(limits(summaries, [])) == 8


def test_on_a_busy_machine_no_limit_is_called_missed() -> None:
    summaries = summarise([*_all("quiet", 0.2), *_all("busy", 0.2)])
    quiet = [limit.verdict for limit in limits(summaries, [0.1] * 50)]
    assert Conclusion.NOT_MET in quiet
    busy = [limit.verdict for limit in limits(summaries, [0.1] * 50, was_busy=True)]
    assert busy == [Conclusion.BUSY if verdict is Conclusion.NOT_MET else verdict for verdict in quiet]


def test_every_two_runs_are_compared() -> None:
    runs = [{("p", "i"): t, ("q", "i"): 1.0} for t in (1.0, 1.1, 0.99)] + [{("q", "i"): 1.0}]
    apart = between_runs(runs)
    assert len(apart) == 3 + 6
    assert max(apart) == pytest.approx(0.1)
    assert sorted(apart)[-2] == pytest.approx(0.1)


def test_slowdowns_that_were_not_asked_have_no_power() -> None:
    (summary,) = summarise([_answer(1.0), _answer(1.02, n=50), _answer(1.06, n=20)])
    assert list(summary.power) == [50, 20]
    assert {q.n for q in Effort(1, 1, 1, 2, slowdowns=(50,)).questions("quiet", 0)} == {None, 50}
