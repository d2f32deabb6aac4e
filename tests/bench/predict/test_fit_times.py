"""Times for the fit: measured until the time is up, continued by later runs."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.kernels.trials import ShapeResult, ShapeTrial
from bench.predict import fit_times
from bench.predict.random_shapes import shapes
from bench.predict.regret import known_choices
from bench.store.status import Status
from bench.worker.settings import Settings
from bench.worker.trial import Entrant, EntrantOutcome
from tests.bench.kernels.forged_kernels import outcome

HERE = {"cpu": "forged", "threads": 2, "simd": "none", "torch": "1", "numba": "1", "convcost": "1", "host": "any"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[ShapeTrial]:
    """The trials that were held, with forged times."""
    seen: list[ShapeTrial] = []

    def hold_trials(trials: Sequence[ShapeTrial], *given: Any) -> Generator[ShapeResult, None, None]:
        for trial in trials:
            seen.append(trial)
            found = (outcome("direct", "nchw", 2e-3), outcome("torch", "nhwc", 1e-3))
            wrong = EntrantOutcome(Entrant("fft", "nchw"), Status.WRONG, "off by 9")
            yield ShapeResult(trial.shape, (*found, wrong), 0.1)

    monkeypatch.setattr(fit_times, "hold_trials", hold_trials)
    monkeypatch.setattr(fit_times, "environment_of", lambda settings: HERE)
    return seen


def _add(file: Path, count: int, seed: int = 1, minutes: float = 1.0) -> list[str]:
    """The lines of progress."""
    told: list[str] = []
    kept = fit_times.begin(file, Settings(1))
    first = kept.drawn(seed)
    asked = [
        fit_times.trial(shape, seed + len(kept.lines) + n)
        for n, shape in enumerate(shapes(first + count, seed)[first:])
    ]
    way = fit_times.Measuring(time.monotonic() + 60 * minutes, False, told.append)
    fit_times.measure(file, asked, seed, Settings(1), way)
    return told


def test_shapes_are_kept_with_their_times(tmp_path: Path, asked: list[ShapeTrial]) -> None:
    file = tmp_path / "new folder" / "times.jsonl"
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


def test_a_second_run_continues_and_measures_nothing_twice(tmp_path: Path, asked: list[ShapeTrial]) -> None:
    file = tmp_path / "times.jsonl"
    _add(file, 2)
    _add(file, 3)
    _add(file, 2, seed=9)
    _add(file, 1)
    kept = fit_times.read(file)
    assert [line["seed"] for line in kept.lines] == [1] * 5 + [9] * 2 + [1]
    assert [t.shape.problem for t in asked if t.trial.seed < 9] == [s.problem for s in shapes(6, 1)]
    assert len({t.trial.seed for t in asked[:5]}) == 5


def test_measuring_ends_when_the_time_is_up(tmp_path: Path, asked: list[ShapeTrial]) -> None:
    _add(tmp_path / "times.jsonl", 100, minutes=1e-9)
    assert len(asked) == 1


def test_a_run_that_was_ended_while_writing_is_continued(tmp_path: Path, asked: list[ShapeTrial]) -> None:
    file = tmp_path / "times.jsonl"
    _add(file, 3)
    file.write_text(file.read_text()[:-20])
    assert len(fit_times.read(file).lines) == 2
    _add(file, 1)
    kept = fit_times.read(file)
    assert [line["descriptor"] for line in kept.lines] == [s.problem.descriptor for s in shapes(3, 1)]
    assert all(json.loads(line) for line in file.read_text().splitlines())


def test_times_of_two_machines_are_not_mixed(tmp_path: Path, asked: list[ShapeTrial]) -> None:
    file = tmp_path / "times.jsonl"
    _add(file, 1)
    file.write_text(file.read_text().replace("forged", "another"))
    with pytest.raises(UsageError, match=r"cpu another.*here are cpu forged.*--times"):
        _add(file, 1)


@pytest.mark.parametrize("text", ["", "nonsense\n", "[1]\n", '{"shapes": []}\n', '{"machine": {}}\n{"a": }\n'])
def test_a_file_with_other_contents_is_reported_in_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "times.jsonl"
    file.write_text(text)
    with pytest.raises(UsageError, match="holds no times of shapes"):
        fit_times.read(file)


def test_faults_are_reported(tmp_path: Path, asked: list[ShapeTrial]) -> None:
    assert "fft nchw on " in _add(tmp_path / "times.jsonl", 1)[0]


def test_all_choices_of_auto_are_entered_in_both_layouts() -> None:
    asked = fit_times.trial(shapes(1, 5)[0], 5)
    assert {e.implementation for e in asked.trial.entrants} == set(known_choices())
    assert len(asked.trial.entrants) == 2 * len(known_choices())


@pytest.mark.parametrize(("seconds", "draws"), [(0.01, 1), (fit_times.SECONDS, 1), (1.0, 3)])
def test_longer_timing_makes_more_plans(seconds: float, draws: int) -> None:
    trial = fit_times.trial(shapes(1, 5)[0], 5, seconds).trial
    assert (trial.max_seconds, trial.draws) == (seconds, draws)


def test_chosen_shapes_are_no_random_ones_of_their_seed(tmp_path: Path, asked: list[ShapeTrial]) -> None:
    file = tmp_path / "times.jsonl"
    _add(file, 2)
    way = fit_times.Measuring(math.inf, True, print)
    fit_times.measure(file, [fit_times.trial(shapes(1, 8)[0], 8)], 1, Settings(1), way)
    kept = fit_times.read(file)
    assert (len(kept.lines), kept.drawn(1)) == (3, 2)
