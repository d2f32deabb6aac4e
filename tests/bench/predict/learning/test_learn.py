"""Learning the times of a machine: which shapes are measured next, when it ends, and the model that it writes."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import UsageError
from bench.kernels.shapes import Shape
from bench.kernels.trials import ShapeResult, ShapeTrial
from bench.predict import fit_times
from bench.predict.learning import learn, learnt_model
from bench.predict.learning.unsure import Doubt, doubts, most_doubtful
from bench.predict.random_shapes import shapes
from bench.terminal.learn import show
from bench.worker.settings import Settings
from impls.auto import cheapest
from impls.cost_model.model import from_data
from impls.cost_model.predictions import Predictions
from tests.bench.kernels.forged_kernels import outcome
from tests.bench.predict.simulated_times import CPU, problem, table

HERE = {"cpu": "forged", "threads": 2, "simd": "none", "torch": "1", "numba": "1", "convcost": "1"}


def _law(name: str, shape: Shape) -> float:
    """Direct costs by the product, FFT by the image: either may win."""
    p = shape.problem
    return 1e-6 + (1e-11 * p.direct_flops if name == "direct" else 4e-9 * (p.outputs + np.prod(p.input_shape)))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Shape]:
    """The shapes that were measured, with times by the law, in float32 alone."""
    seen: list[Shape] = []

    def hold_trials(trials: Sequence[ShapeTrial], *given: Any) -> Generator[ShapeResult, None, None]:
        for trial in trials:
            seen.append(trial.shape)
            found = [outcome(name, "nchw", _law(name, trial.shape)) for name in ("direct", "fft")]
            yield ShapeResult(trial.shape, tuple(found), 0.1)

    def in_fp32(count: int, seed: int) -> list[Shape]:
        return shapes(count, seed, {"fp32": 1.0})

    monkeypatch.setattr(fit_times, "hold_trials", hold_trials)
    monkeypatch.setattr(fit_times, "environment_of", lambda settings: HERE)
    monkeypatch.setattr(learn, "shapes_to_learn", in_fp32)
    monkeypatch.setattr(learn, "POOL", 60)
    return seen


def _lesson(folder: Path, shapes: int = 160, target: float = 1.0, minutes: float = 5.0) -> learn.Lesson:
    return learn.Lesson(minutes, shapes, 1, target, folder / "times.jsonl", folder / "model.json", 80, 0.25)


@pytest.mark.slow
def test_it_measures_where_it_is_unsure_and_chooses_well_on_other_shapes(
    tmp_path: Path, measured: list[Shape], capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    learnt = learn.learn(_lesson(tmp_path), Settings(1), told.append)
    show(learnt)
    assert (learnt.shapes, len(measured)) == (160, 160)
    assert measured[:80] == shapes(80, 1, {"fp32": 1.0})
    assert [line.get("chosen") for line in fit_times.read(tmp_path / "times.jsonl").lines] == [False] * 80 + [True] * 80
    assert "160 shapes, " in told[-1]
    assert "a good choice is expected on " in told[-1]
    data = json.loads((tmp_path / "model.json").read_text())
    model, ratios = from_data(data), []
    for shape in shapes(100, 2, {"fp32": 1.0}):
        times = {name: _law(name, shape) for name in ("direct", "fft")}
        picked = cheapest(shape.case("nchw"), model)
        if picked in times:
            ratios.append(times[picked] / min(times.values()))
    assert len(ratios) > 80
    assert np.quantile(ratios, 0.9) < 1.1
    made = data["machine"]
    assert (made["by"], made["cpu"], made["shapes"], made["seeds"]) == ("convcost learn", "forged", 160, [1])
    assert 0 < made["checked"]["low"] <= made["checked"]["within"] <= made["checked"]["high"] <= 1
    assert "layers left out with their family" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
def test_it_stops_when_it_is_sure_enough_and_fits_again_to_the_same(tmp_path: Path, measured: list[Shape]) -> None:
    learnt = learn.learn(_lesson(tmp_path, shapes=3_000, target=0.3), Settings(1), print)
    assert learnt.expected is not None
    assert learnt.expected >= 0.3
    assert len(measured) < 3_000
    once = json.loads((tmp_path / "model.json").read_text())
    again = learn.learn(_lesson(tmp_path, minutes=0.0), Settings(1), print)
    assert again.expected is None
    assert json.loads((tmp_path / "model.json").read_text())["subjects"] == once["subjects"]


def test_too_few_shapes_are_refused_and_kept(tmp_path: Path, measured: list[Shape]) -> None:
    with pytest.raises(UsageError, match="too few shapes for a fit; allowed: 20 or more"):
        learn.learn(_lesson(tmp_path, shapes=5), Settings(1), print)
    assert len(fit_times.read(tmp_path / "times.jsonl").lines) == 5


def test_of_shapes_alike_only_one_is_taken_before_others() -> None:
    alike = [Shape(f"{n}", shapes(1, 1)[0].problem, "random") for n in range(3)]
    other = Shape("other", shapes(9, 1)[8].problem, "random")
    found = [*(Doubt(shape, 0.9) for shape in alike), Doubt(other, 0.5)]
    assert [one.shape.name for one in most_doubtful(found, 2)] == ["0", "other"]
    assert len(most_doubtful(found, 9)) == 4


@pytest.mark.slow
def test_shapes_of_a_precision_without_a_fit_are_doubted_most(tmp_path: Path, measured: list[Shape]) -> None:
    learn.learn(_lesson(tmp_path, shapes=80), Settings(1), print)
    model = learnt_model.refit(learnt_model.tables(tmp_path / "times.jsonl"), None)
    asked = [*shapes(3, 5, {"fp32": 1.0}), *shapes(2, 5, {"bf16": 1.0})]
    assert [one.doubt for one in doubts(model, asked)][3:] == [1.0, 1.0]


def test_the_phase_in_which_a_shape_was_measured_is_taken_out() -> None:
    """All but one on the first shape are 2 × as slow as predicted; on the second only the first one is, 3 ×."""
    subjects = [replace(CPU, implementation=name) for name in ("direct", "fft", "torch")]
    asked = table([problem(size=n) for n in (8, 9)], CPU)
    ones = np.ones(2)
    said = {one: Predictions(ones, ones, ones, np.zeros(2, dtype=np.bool_)) for one in subjects}
    times = ([2.0, 3.0], [2.0, 1.0], [1.0, 1.0])
    known = {one: replace(asked, subject=one, time_s=np.array(own)) for one, own in zip(subjects, times, strict=True)}
    steady = learnt_model.without_phases(known, said)
    assert [steady[one].time_s.tolist() for one in subjects] == [[1.0, 3.0], [1.0, 1.0], [0.5, 1.0]]
