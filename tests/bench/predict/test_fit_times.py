"""Times for the fit: until the time is up, and on where they were left."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.kernels.trial import Candidate, Measured, Outcome, Question
from bench.predict import fit, fit_times
from bench.predict.random_shapes import shapes
from bench.predict.regret import known_choices
from bench.worker.settings import Settings
from tests.bench.kernels.forged_kernels import outcome

HERE = {"cpu": "forged", "threads": 2, "simd": "none", "torch": "1", "numba": "1", "convcost": "1", "host": "any"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """The questions that were answered, by times out of thin air."""
    seen: list[Question] = []

    def answers(questions: Sequence[Question], *given: Any) -> Generator[Measured, None, None]:
        for question in questions:
            seen.append(question)
            found = (outcome("direct", "nchw", 2e-3), outcome("torch", "nhwc", 1e-3))
            wrong = Outcome(Candidate("fft", "nchw"), "wrong", "off by 9")
            yield Measured(question.shape, (*found, wrong), 0.1)

    monkeypatch.setattr(fit_times.processes, "answers", answers)
    monkeypatch.setattr(fit_times, "environment", lambda settings: HERE)
    return seen


def _add(file: Path, count: int, seed: int = 1, minutes: float = 1.0) -> list[str]:
    """What progress was told of."""
    told: list[str] = []
    fit_times.add(file, seed, count, minutes, Settings(1), told.append)
    return told


def test_what_was_measured_is_kept_with_its_times(tmp_path: Path, asked: list[Question]) -> None:
    file = tmp_path / "on the way" / "times.jsonl"
    _add(file, 3)
    kept = fit_times.read(file)
    assert (kept.machine["cpu"], kept.seeds, len(kept.lines)) == ("forged", [1], 3)
    assert "host" not in kept.machine
    drawn = shapes(3, 1)
    assert [(t.case.problem, t.case.precision) for t in kept.timed[::2]] == [(s.problem, s.precision) for s in drawn]
    assert [(t.case.layout, t.times_s) for t in kept.timed[:2]] == [
        ("nchw", {"direct": 2e-3}),
        ("nhwc", {"torch": 1e-3}),
    ]


def test_a_second_run_goes_on_and_measures_nothing_twice(tmp_path: Path, asked: list[Question]) -> None:
    file = tmp_path / "times.jsonl"
    _add(file, 2)
    _add(file, 3)
    _add(file, 2, seed=9)
    _add(file, 1)
    kept = fit_times.read(file)
    assert [line["seed"] for line in kept.lines] == [1] * 5 + [9] * 2 + [1]
    assert [q.shape.problem for q in asked if q.seed < 9] == [s.problem for s in shapes(6, 1)]
    assert len({q.seed for q in asked[:5]}) == 5


def test_it_ends_when_the_time_is_up(tmp_path: Path, asked: list[Question]) -> None:
    _add(tmp_path / "times.jsonl", 100, minutes=1e-9)
    assert len(asked) == 1


def test_a_run_that_was_ended_while_it_wrote_is_gone_on_with(tmp_path: Path, asked: list[Question]) -> None:
    file = tmp_path / "times.jsonl"
    _add(file, 3)
    file.write_text(file.read_text()[:-20])
    assert len(fit_times.read(file).lines) == 2
    _add(file, 1)
    kept = fit_times.read(file)
    assert [line["descriptor"] for line in kept.lines] == [s.problem.descriptor for s in shapes(3, 1)]
    assert all(json.loads(line) for line in file.read_text().splitlines())


def test_times_of_two_machines_are_not_mixed(tmp_path: Path, asked: list[Question]) -> None:
    file = tmp_path / "times.jsonl"
    _add(file, 1)
    file.write_text(file.read_text().replace("forged", "another"))
    with pytest.raises(UsageError, match=r"cpu another.*here are cpu forged.*--times"):
        _add(file, 1)


@pytest.mark.parametrize("text", ["", "nonsense\n", "[1]\n", '{"shapes": []}\n', '{"machine": {}}\n{"a": }\n'])
def test_another_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "times.jsonl"
    file.write_text(text)
    with pytest.raises(UsageError, match="holds no times of shapes"):
        fit.fit_machine(0, 1, 1, Settings(1), file, tmp_path / "model.json", print)


def test_faults_are_told_of(tmp_path: Path, asked: list[Question]) -> None:
    assert "fft nchw on " in _add(tmp_path / "times.jsonl", 1)[0]


def test_all_that_auto_chooses_among_is_asked_for_in_both_layouts() -> None:
    (question,) = fit_times.questions(1, 5)
    assert {c.implementation for c in question.candidates} == set(known_choices())
    assert len(question.candidates) == 2 * len(known_choices())


def test_a_seed_draws_every_precision_and_batch_soon() -> None:
    """So that a run of minutes knows something of all of them."""
    drawn = fit_times.questions(100, 1)
    assert {q.shape.precision for q in drawn} == {"fp32", "fp64", "bf16", "fp16"}
    assert {q.shape.problem.batch for q in drawn} == {1, 2, 4, 8}
