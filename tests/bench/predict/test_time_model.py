"""Models of times as files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import InfrastructureError, UsageError
from bench.predict import time_model
from bench.predict.predictors.all_predictors import NAMES
from bench.predict.time_model import TimeModel
from impls.cost_model.cost_table import Subject
from tests.bench.predict.simulated_times import GPU, lines, problem, table

OTHER = replace(GPU, implementation="cudnn")


@pytest.fixture(scope="module")
def model() -> TimeModel:
    found, _ = time_model.fit(
        {GPU: table(lines(), noise=0.02), OTHER: table(lines(), OTHER)}, "macs-floor", {"gpu": "T"}
    )
    return found


@pytest.mark.parametrize("name", [name for name in NAMES if name != "alpha-flops-floor"])
def test_every_predictor_predicts_the_same_after_a_file(tmp_path: Path, name: str) -> None:
    made = table(lines(), noise=0.02)
    fitted, refused = time_model.fit({GPU: made}, name, {"gpu": "T"})
    assert refused == []
    time_model.write(fitted, tmp_path / "model.json")
    again = time_model.read(tmp_path / "model.json")
    assert (again.predictor, again.machine) == (name, {"gpu": "T"})
    asked = table([problem(), problem(size=200), problem(groups=64)])
    one, other = fitted.of(GPU).predict(asked), again.of(GPU).predict(asked)
    for part in ("time_s", "time_lo_s", "time_hi_s", "outside"):
        assert np.array_equal(getattr(one, part), getattr(other, part)), part
    assert (one.time_lo_s < one.time_s).all()
    assert fitted.of(GPU).common == again.of(GPU).common


def test_what_was_dropped_is_kept(tmp_path: Path) -> None:
    made = table(lines())
    times = made.time_s.copy()
    times[4] = 0
    fitted, _ = time_model.fit({GPU: replace(made, time_s=times)}, "flops", {})
    time_model.write(fitted, tmp_path / "m.json")
    (one,) = time_model.read(tmp_path / "m.json").subjects
    assert one.rows == len(made) - 1
    assert (one.dropped[0].reason, one.dropped[0].labels) == ("time_s is zero", (made.labels[4],))


def test_a_subject_with_too_few_rows_is_told_and_the_others_are_fitted() -> None:
    fitted, refused = time_model.fit({GPU: table(lines()), OTHER: table(lines()[:4], OTHER)}, "flops", {})
    assert [one.subject for one in fitted.subjects] == [GPU]
    assert "has 4 rows with times" in refused[0].reason
    with pytest.raises(UsageError, match="cudnn on cuda in fp32 has 4 rows"):
        time_model.fit({OTHER: table(lines()[:4], OTHER)}, "flops", {})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: "{", "is damaged or no model: it is not JSON"),
        (lambda data: "[1]", "is no model of times"),
        (lambda data: json.dumps({"format_version": "1.0"}), "is no model of times"),
        (lambda data: json.dumps({**data, "version": "3.0"}), "has version 3.0 of the format; this convcost reads 2.x"),
        (lambda data: json.dumps({**data, "predictor": "oracle"}), "has predictor 'oracle'; this convcost knows flops"),
        (lambda data: json.dumps({**data, "subjects": []}), "is damaged"),
        (lambda data: json.dumps({key: v for key, v in data.items() if key != "machine"}), "is damaged"),
        (lambda data: json.dumps(data).replace('"ln_width"', '"width"'), "is damaged"),
        (lambda data: json.dumps(data).replace('"mac_s"', '"flop"'), "is damaged"),
        (lambda data: "[" * 100_000, "nested too deep"),
        (lambda data: json.dumps({**data, "predictor": [1]}), "has predictor"),
        (lambda data: json.dumps({**data, "version": "9" * 10_000}), "has version 9{20} of"),
        (lambda data: json.dumps(data).replace('"threads": null', '"threads": [{}]'), "threads of a subject is no"),
        (lambda data: json.dumps(data).replace('"device": "cuda"', '"device": {}'), "of a subject is no text"),
        (lambda data: json.dumps(data).replace('"ln_width": ', '"ln_width": "wide", "was": '), "no number, or out"),
    ],
)  # fmt: skip
def test_files_that_are_no_models_are_refused(tmp_path: Path, model: TimeModel, change: Any, sentence: str) -> None:
    file = tmp_path / "model.json"
    time_model.write(model, file)
    file.write_text(change(json.loads(file.read_text())))
    with pytest.raises(UsageError, match=sentence) as refused:
        time_model.read(file)
    assert str(file) in str(refused.value)


def test_a_missing_file_and_folder_are_told(tmp_path: Path, model: TimeModel) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        time_model.read(tmp_path / "no.json")
    with pytest.raises(InfrastructureError, match="cannot be written"):
        time_model.write(model, tmp_path / "no" / "model.json")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"devices": ["cpu"]}, "never saw device cpu; it was fitted on device cuda"),
        ({"implementations": ["fft"]}, "never saw implementation fft; it was fitted on implementation cudnn, torch"),
        ({"precisions": ["bf16"]}, "never saw precision bf16; it was fitted on precision fp32"),
        ({"threads": 8}, "never saw threads 8"),
    ],
)
def test_what_a_model_never_saw_is_refused(model: TimeModel, asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        time_model.subjects_for(model, **asked)


def test_subjects_are_chosen(model: TimeModel) -> None:
    assert time_model.subjects_for(model) == [GPU, OTHER]
    assert time_model.subjects_for(model, implementations=["cudnn"], devices=["cuda"]) == [OTHER]
    with pytest.raises(UsageError, match="has no times of direct on cpu in fp32; it was fitted on: torch on cuda"):
        model.of(Subject("cpu", "direct"))
