"""`convcost learn`: the cost model of `auto`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.predict.learning import learn
from bench.predict.learning.learn import Lesson
from tests.bench.commands.running import Refuse, Run, assert_says, refusals


@refusals(
    ("learn now", "unexpected extra argument"),
    ("learn --minutes -1", "'--minutes': '-1'; allowed: a number of at least 0"),
    ("learn --minutes nan", "'--minutes': 'nan'"),
    ("learn --target 2", "'--target': '2'; allowed: a number from 0 to 1"),
    ("learn --shapes 0", "'--shapes': '0'; allowed: a whole number of at least 1"),
    ("learn --first 0", "'--first': '0'; allowed: a whole number of at least 1"),
    ("learn --max-seconds 0", "'--max-seconds': '0'; allowed: "),
    ("learn --seed x", "'--seed': 'x'; allowed: a whole number of at least 0"),
    ("learn --threads 0", "0 threads…; allowed: 1 to"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), Lesson(20.0, 3_000, 1, 0.95, Path("results/kernels/fit-times.jsonl"), None, 200, 0.25)),
        (
            ("--minutes", "0", "--shapes", "9", "--seed", "0", "--target", "0.5", "--times", "t.jsonl", "--write", "m"),
            Lesson(0.0, 9, 0, 0.5, Path("t.jsonl"), Path("m"), 200, 0.25),
        ),
        (
            ("--first", "1500", "--max-seconds", "1", "--times", "t.jsonl"),
            Lesson(20.0, 3_000, 1, 0.95, Path("t.jsonl"), None, 1_500, 1.0),
        ),
    ],
)
def test_options_reach_the_lesson(
    convcost: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], expected: Lesson
) -> None:
    asked = []

    def learn_forged(lesson: Lesson, settings: Any, progress: Any) -> learn.Learnt:
        asked.append(lesson)
        return learn.Learnt(Path("model.json"), lesson.times, 12, (1.0, 1.05, 1.2, 1.0), 0.97)

    monkeypatch.setattr(learn, "learn", learn_forged)
    done = convcost("learn", *words)
    assert (done.code, done.err) == (0, "")
    assert asked == [expected]
    for part in ("4 layers left out", "at most 1.1 on 75%", "expects a good choice on 97%", "model.json"):
        assert part in " ".join(done.out.split())
