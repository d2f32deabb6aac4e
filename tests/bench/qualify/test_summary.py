"""From what runs showed to figures, differences between runs, and verdicts."""

from __future__ import annotations

import pytest

from bench.estimates.binomial import Figure, share
from bench.estimates.conclusion import Conclusion
from bench.qualify.between import COLUMNS, differences, repeats_better
from bench.qualify.limits import TimingLimit, limits
from bench.qualify.questions import FULL, QUICK, SLOWDOWNS
from bench.qualify.shown import Shown
from bench.qualify.summary import summarise
from tests.bench.qualify.forged_runs import case, shown, twin_run


def test_errors_false_alarms_power_and_coverage_are_counted() -> None:
    first = case(0.01, descriptor="d")
    # An equal twin is called slower, a slow one is not found, and an interval misses the truth.
    second = [
        shown("twin-a", descriptor="e"),
        shown("twin-b", descriptor="e", over_best=1.03, low=1.02, high=1.04, called_slower=True),
        shown("slower-2", descriptor="e", called_slower=False),
        shown("slower-5", descriptor="e", is_wide=True),
    ]
    (summary,) = summarise([*first, *second])
    assert (summary.runs, summary.error_max) == (1, pytest.approx(0.03))
    assert summary.error_p50 is not None
    assert summary.error_p50.value == pytest.approx(0.02)
    assert summary.false_alarms is not None
    assert summary.false_alarms.value == 1 / 2
    assert {p: f and f.value for p, f in summary.power.items()} == {1: 1.0, 2: 0.5, 3: 1.0, 5: 1.0}
    assert summary.coverage is not None
    assert summary.coverage.value == 7 / 8
    assert summary.together is not None
    assert summary.together.value == 1 / 2
    assert summary.wide is not None
    assert summary.wide.value == 1 / 10
    assert summary.half_width is not None
    assert summary.half_width.value == pytest.approx(0.004 / 1.01, rel=0.02)


def test_a_case_without_intervals_has_no_coverage() -> None:
    (summary,) = summarise(case(low=None, high=None, called_slower=False))
    assert (summary.coverage, summary.half_width) == (None, None)
    assert summary.power[2] == share([False])


def test_timer_has_no_interval_of_a_time() -> None:
    (summary,) = summarise(case(method="Timer"))
    assert (summary.method, summary.wide) == ("Timer", None)


def test_conditions_and_methods_are_apart() -> None:
    runs = [twin_run(0), twin_run(1, "busy"), twin_run(2)]
    found = [(s.condition, s.method, s.runs) for s in summarise([s for run in runs for s in run.shown])]
    assert found == [("quiet", "convcost", 2), ("quiet", "Timer", 2), ("busy", "convcost", 1), ("busy", "Timer", 1)]


def test_every_two_quiet_runs_are_compared_in_all_that_is_shown() -> None:
    """The median moved by 10 % in one of three runs; the fast end of the times and the ratios did not."""
    runs = [twin_run(0), twin_run(1, pace=1.1), twin_run(2), twin_run(3, "busy", pace=7.0)]
    found = {d.column: d for d in differences([s for run in runs for s in run.shown])}
    assert set(found) == set(COLUMNS)
    # Two of three pairs differ, by six twins each.
    assert found["time_s"].p95.value == pytest.approx(0.1)
    assert found["time_s"].p50.trials == 18
    assert found["time_fast_s"].p95.value == found["over_best"].p95.value == 0
    # The fastest has no ratio to itself.
    assert found["over_best"].p50.trials == 15


def test_the_more_repeatable_time_comes_first() -> None:
    found = differences([s for number in (0, 1) for s in twin_run(number, pace=1 + number / 10).shown])
    assert [d.column for d in found][-1] == "time_s"
    assert repeats_better(found) == "time_fast_s"
    assert repeats_better([]) is None


def test_one_run_has_nothing_to_compare_with() -> None:
    assert differences(list(twin_run(0).shown)) == []


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure(0.004, 0.003, 0.006, 200), Conclusion.MET),
        (Figure(0.008, 0.006, 0.01, 200), Conclusion.UNDECIDED),
        (Figure(0.008, None, None, 3), Conclusion.UNDECIDED),
        (Figure(0.009, 0.008, None, 200), Conclusion.NOT_MET),
    ],
)
def test_the_interval_decides_the_verdict(figure: Figure, verdict: Conclusion) -> None:
    assert TimingLimit("error", figure, 0, 0.007).verdict == verdict
    # A busy machine only excuses a limit that is not met.
    busy = Conclusion.BUSY if verdict is Conclusion.NOT_MET else verdict
    assert TimingLimit("error", figure, 0, 0.007, was_busy=True).verdict == busy


def _verdicts(error: float = 0.001, pace: float = 1.0, *, was_busy: bool = False) -> dict[str, Conclusion]:
    runs = [twin_run(n, c, error=error, pace=1 + n * (pace - 1)) for n, c in enumerate(["quiet", "busy"] * 6)]
    seen: list[Shown] = [s for run in runs for s in run.shown]
    found = limits(summarise(seen), differences(seen), [run.overshoots for run in runs], was_busy=was_busy)
    return {limit.name: limit.verdict for limit in found}


def test_every_promise_has_a_verdict() -> None:
    verdicts = _verdicts()
    assert len(verdicts) == 6 + 5 + 2 * len(COLUMNS) + 1
    assert verdicts["quiet: |ratio − 1| of equal twins, 95th percentile"] == Conclusion.MET
    assert verdicts["busy: 2 % slower, called slower"] == Conclusion.MET
    assert verdicts["two runs: times, 95th percentile"] == Conclusion.MET
    assert verdicts["overshoot of a slowed twin, largest"] == Conclusion.MET
    # Every interval covers: more than one of 95 % should, but few cases do not decide that.
    assert verdicts["quiet: cases whose intervals all hold the truth"] == Conclusion.UNDECIDED


def test_limits_that_are_missed_are_excused_on_a_busy_machine_alone() -> None:
    verdicts = _verdicts(0.2, pace=1.5)
    missed = {name for name, verdict in verdicts.items() if verdict is Conclusion.NOT_MET}
    assert "quiet: |ratio − 1| of equal twins, 95th percentile" in missed
    assert "two runs: times, 95th percentile" in missed
    busy = _verdicts(0.2, pace=1.5, was_busy=True)
    assert busy == {name: Conclusion.BUSY if name in missed else verdict for name, verdict in verdicts.items()}


def test_a_run_without_counts_has_no_overshoot_to_judge() -> None:
    assert limits([], [], [{}]) == []


def test_full_runs_are_spread_over_an_hour_in_random_order() -> None:
    order = FULL.conditions(0)
    assert (order.count("quiet"), order.count("busy")) == (FULL.quiet, FULL.busy)
    assert order != sorted(order)
    assert order == FULL.conditions(0)
    assert FULL.spread_s >= 3600
    assert (QUICK.runs, QUICK.quiet) == (3, 2)
    assert SLOWDOWNS == (1, 2, 3, 5)
