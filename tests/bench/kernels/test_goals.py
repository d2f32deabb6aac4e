"""Verdicts on goals: met, not met, undecided by the interval, reported, absent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.estimates.conclusion import Conclusion
from bench.kernels.goals import MEAN, TENTH, Goal, GoalResult, goal_results
from bench.kernels.ratios import Mean
from bench.kernels.shapes import CLASSES, LISTS
from bench.kernels.suite import SUITES, Suite
from impls import names
from impls.auto import CHOICES
from tests.bench.kernels.forged_kernels import shape_result

GOAL = Goal("direct", ("direct",), ("dense",), "torch", 2.0)


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (2.1, 2.0, 2.2, Conclusion.MET),
        (2.1, 1.5, 2.7, Conclusion.MET),
        (1.9, 1.7, 2.1, Conclusion.UNDECIDED),
        (1.9, 1.85, 1.95, Conclusion.NOT_MET),
    ],
)
def test_the_interval_decides_the_verdict(value: float, low: float, high: float, verdict: Conclusion) -> None:
    mean = Mean(value, low, high, 3, value, "shape")
    assert GoalResult(GOAL, mean).verdict == verdict
    # A busy machine only excuses a goal that is not met.
    busy = Conclusion.BUSY if verdict is Conclusion.NOT_MET else verdict
    assert GoalResult(GOAL, mean, was_busy=True).verdict == busy


def test_a_mean_of_one_run_misses_no_goal() -> None:
    """By how much another run would differ is unknown."""
    one_run = Mean(1.9, None, None, 3, 1.9, "shape", "one run")
    assert GoalResult(GOAL, one_run).verdict is Conclusion.UNDECIDED
    assert GoalResult(GOAL, replace(one_run, value=2.0)).verdict is Conclusion.MET


def test_a_goal_without_a_limit_or_a_time_has_no_verdict() -> None:
    mean = Mean(1.0, 0.9, 1.1, 3, 0.8, "shape")
    assert GoalResult(Goal("seven", ("direct",), ("winograd-7",), "onednn", None), mean).verdict is Conclusion.REPORTED
    assert GoalResult(GOAL, None).verdict is Conclusion.ABSENT


@pytest.mark.parametrize(
    ("tenth", "high", "verdict", "of_tenth"),
    [
        (1.6, 1.7, Conclusion.MET, Conclusion.MET),
        (1.4, 1.6, Conclusion.UNDECIDED, Conclusion.UNDECIDED),
        (1.4, 1.45, Conclusion.NOT_MET, Conclusion.NOT_MET),
    ],
)
def test_a_class_does_not_hide_its_tail(tenth: float, high: float, verdict: Conclusion, of_tenth: Conclusion) -> None:
    goal = replace(GOAL, least_tenth=1.5)
    mean = Mean(2.1, 2.0, 2.2, 3, 1.0, "shape", None, tenth, 1.3, high)
    found = GoalResult(goal, mean)
    assert (found.verdict, found.conclusions) == (verdict, {MEAN: Conclusion.MET, TENTH: of_tenth})
    # The verdict is the worse of the two conclusions.
    low = GoalResult(goal, replace(mean, value=1.9, high=1.95))
    assert (low.verdict, low.conclusions[MEAN]) == (Conclusion.NOT_MET, Conclusion.NOT_MET)


SUITES_AND_LISTS = [SUITES[device].on(name) for device in SUITES for name in LISTS[device]]


@pytest.mark.parametrize("suite", SUITES_AND_LISTS, ids=lambda suite: f"{suite.device} {suite.list_name}")
def test_goals_name_existing_classes_rivals_and_implementations(suite: Suite) -> None:
    for goal in suite.goals:
        assert set(goal.classes) <= set(CLASSES[suite.device])
        assert goal.rival in suite.rivals
        assert set(goal.implementations) <= set(names()) | set(CHOICES)


@pytest.mark.parametrize(("ratio", "verdict"), [(2.5, Conclusion.MET), (1.5, Conclusion.NOT_MET)])
def test_goal_results_are_geometric_means_over_all_shapes_of_the_classes(ratio: float, verdict: Conclusion) -> None:
    shapes = [
        shape_result({("direct", "nhwc"): 1.0, ("torch", "nchw"): ratio * f}, name=str(f)) for f in (0.5, 1.0, 2.0)
    ]
    (found,) = goal_results(shapes, [GOAL])
    assert found.verdict == verdict
    assert found.mean is not None
    assert found.mean.value == pytest.approx(ratio)
    assert found.mean.floor_shape == "0.5"


def test_a_goal_with_an_unmeasured_class_is_not_judged() -> None:
    both = Goal("two classes", ("direct",), ("dense", "1x1"), "torch", 1.0)
    assert goal_results([shape_result({("direct", "nchw"): 1.0})], [both]) == []


def test_on_a_busy_machine_no_goal_is_called_missed() -> None:
    shapes = [shape_result({("direct", "nhwc"): 1.0, ("torch", "nchw"): 1.0})]
    assert [found.verdict for found in goal_results(shapes, [GOAL], was_busy=True)] == [Conclusion.BUSY]


def test_a_goal_with_shapes_left_out_is_undecided() -> None:
    fast = shape_result({("direct", "nhwc"): 1.0, ("torch", "nchw"): 9.0})
    assert [(f.verdict, f.shapes) for f in goal_results([fast], [GOAL], [fast.shape])] == [(Conclusion.UNDECIDED, 2)]


def test_a_goal_may_name_a_layout() -> None:
    goal = Goal("NCHW", ("direct",), ("dense",), "torch", 1.0, ("nchw",))
    times = {("direct", "nchw"): 4.0, ("direct", "nhwc"): 1.0, ("torch", "nchw"): 2.0}
    (found,) = goal_results([shape_result(times)], [goal])
    assert found.verdict is Conclusion.NOT_MET


def test_a_goal_without_a_time_on_every_shape_is_undecided() -> None:
    fine, missing = (
        shape_result({("direct", "nhwc"): 1.0, ("torch", "nchw"): 9.0}),
        shape_result({("torch", "nchw"): 9.0}),
    )
    assert [f.verdict for f in goal_results([fine, fine], [GOAL])] == [Conclusion.MET]
    assert [f.verdict for f in goal_results([fine, missing], [GOAL])] == [Conclusion.UNDECIDED]
