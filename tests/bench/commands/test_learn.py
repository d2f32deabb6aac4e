"""`convcost learn`: the cost model of `auto`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.predict import fit
from tests.bench.commands.running import Refuse, Run, assert_says, refusals


@refusals(
    ("learn now", "unexpected extra argument"),
    ("learn --minutes -1", "'--minutes': '-1'; allowed: a number of at least 0"),
    ("learn --minutes nan", "'--minutes': 'nan'"),
    ("learn --shapes 0", "'--shapes': '0'; allowed: a whole number of at least 1"),
    ("learn --seed x", "'--seed': 'x'; allowed: a whole number of at least 0"),
    ("learn --threads 0", "0 threads…; allowed: 1 to"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), (10.0, 3_000, 1, Path("results/kernels/fit-times.jsonl"), None)),
        (
            ("--minutes", "0", "--shapes", "9", "--seed", "0", "--times", "t.jsonl", "--write", "m.json"),
            (0.0, 9, 0, Path("t.jsonl"), Path("m.json")),
        ),
    ],
)
def test_options_reach_the_fit(
    convcost: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], expected: tuple[Any, ...]
) -> None:
    asked = []

    def fit_machine(
        minutes: float, shapes: int, seed: int, settings: Any, times: Path, write: Path | None, progress: Any
    ) -> fit.Fitted:
        asked.append((minutes, shapes, seed, times, write))
        return fit.Fitted(Path("model.json"), times, 12, (1.0, 1.05, 1.2, 1.0))

    monkeypatch.setattr(fit, "fit_machine", fit_machine)
    done = convcost("learn", *words)
    assert (done.code, done.err) == (0, "")
    assert asked == [expected]
    assert "4 cases left out" in done.out
    assert "at most 1.1 on 75%" in done.out
    assert "model.json" in done.out
