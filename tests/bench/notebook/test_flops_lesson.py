"""The lesson: its answers are those of the run, and follow it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.notebook.flops_lesson import FlopsLesson
from bench.notebook.loading import load
from bench.notebook.questions import WrongAnswer
from bench.predict.study.problems import LEVELS, PLACES, StudyProblem, problems
from bench.store import runs
from tests.bench.predict.study.made_study import MAC_S, by_flops, by_place, write


def mixed(one: StudyProblem) -> float:
    """A third of parameters."""
    p = one.problem
    return float(MAC_S * p.macs * (p.batch * p.output_size[0] * p.output_size[1]) ** (-1 / 3))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> FlopsLesson:
    rules = {"torch": by_place, "winograd-f4": by_flops, "direct": lambda one: 2 * by_flops(one)}
    return FlopsLesson(load(write(tmp_path_factory.mktemp("runs"), rules)))


def test_the_frame_has_every_problem_of_the_study_and_nothing_else(lesson: FlopsLesson) -> None:
    assert lesson.name == "torch"
    assert set(lesson.own["flops_in"]) == set(PLACES)
    assert len(lesson.own) == len(PLACES) * LEVELS
    sizes = {(one.level + 1, one.where): one.problem for one in problems()}
    for row in lesson.own.to_dict("records"):
        p = sizes[row["level"], row["flops_in"]]
        assert (row["macs"], row["parameters"] * row["pixels"]) == (p.macs, p.macs)


@pytest.mark.parametrize(
    ("number", "right", "wrong"),
    [
        (1, 2_359_296, 4_718_592),
        # The kernel is dear (5 ×), the image cheap (0.2 ×).
        (2, 25.0, 1 / 25),
        (3, "kernel", "space"),
        # Winograd computes twelve problems of small kernels, twice as fast as direct does.
        (4, 12, 3),
    ],
)
def test_right_and_wrong_answers(lesson: FlopsLesson, number: int, right: float | str, wrong: float | str) -> None:
    assert lesson.check(number, right).startswith("Right. ")
    with pytest.raises(WrongAnswer):
        lesson.check(number, wrong)
    assert lesson.check(number, ...).startswith("Not answered yet")


def test_the_mixture_is_that_of_the_times(tmp_path: Path) -> None:
    lesson = FlopsLesson(load(write(tmp_path, {"direct": mixed})))
    assert lesson.name == "direct"
    assert "lies between FLOPs and parameters" in lesson.check(5, 0.333)
    with pytest.raises(WrongAnswer, match="The slope over"):
        lesson.check(5, -0.333)
    with pytest.raises(WrongAnswer, match="the power of FLOPs"):
        lesson.check(5, 0.667)


def test_another_run_and_other_questions_are_refused(lesson: FlopsLesson, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a run of `nox -s study`"):
        FlopsLesson(load(runs.create(tmp_path, "other", {})))
    with pytest.raises(UsageError, match="no times of 'fft'; allowed: torch"):
        FlopsLesson(load(write(tmp_path, {"torch": by_flops})), "fft")
    with pytest.raises(UsageError, match="there is no question 6"):
        lesson.check(6, 1)
