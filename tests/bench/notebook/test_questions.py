"""Questions that check themselves: right, wrong with its hint, known mistakes, and no answer yet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.notebook.questions import LessonQuestion, WrongAnswer

NUMBER = LessonQuestion("How many?", 12.0, "It is twelve.", "Count again.", {24.0: "Twice as many."}, tolerance=0.05)
WHOLE = LessonQuestion("How many?", 3, "It is three.", "Count again.")
NEAR_ZERO = LessonQuestion("Which share?", 0.001, "Nearly none.", "Fit again.", least=0.01)
WORD = LessonQuestion("Where?", "space, 1 × 1", "There.", "Sort them.", {"kernel": "The other end."})


@pytest.mark.parametrize(
    ("question", "given"),
    [
        (NUMBER, 12), (NUMBER, 12.5), (NUMBER, np.float64(11.5)), (WHOLE, 3), (WHOLE, np.int64(3)), (WHOLE, 3.0),
        (NEAR_ZERO, -0.005), (WORD, "space, 1 × 1"), (WORD, " Space, 1 × 1 "),
    ],
)  # fmt: skip
def test_right_answers_give_the_reason(question: LessonQuestion, given: Any) -> None:
    reply = question.check(given)
    assert str(reply) == f"Right. {question.why}"
    # As a notebook shows it.
    assert repr(reply) == str(reply)


@pytest.mark.parametrize(
    ("question", "given", "hint"),
    [
        (NUMBER, 13, "Count again."), (NUMBER, 24, "Twice as many."), (NUMBER, 24.9, "Twice as many."),
        (WHOLE, 2, "Count again."), (NEAR_ZERO, 0.2, "Fit again."), (WORD, "batch", "Sort them."),
        (WORD, "kernel", "The other end."), (NUMBER, "12", "The answer is a number, and '12' is none."),
        (NUMBER, float("nan"), "The answer is a number, and nan is none."),
        (WHOLE, True, "The answer is a number, and True is none."),
        (WHOLE, None, "The answer is a number, and None is none."),
        (WORD, 3, "The answer is a word in quotes, and 3 is none."),
    ],
)  # fmt: skip
def test_wrong_answers_give_a_hint(question: LessonQuestion, given: Any, hint: str) -> None:
    with pytest.raises(WrongAnswer) as raised:
        question.check(given)
    assert str(raised.value) == hint


def test_dots_are_no_answer_and_no_mistake() -> None:
    assert repr(NUMBER.check(...)).startswith("Not answered yet")
