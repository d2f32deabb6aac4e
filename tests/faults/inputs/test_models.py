"""Files of models, damaged anywhere: one sentence with exit code 2, or times that are possible."""

from __future__ import annotations

import copy
import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import UsageError
from bench.predict import time_model
from bench.predict.expected import expected
from bench.sweep.timed_layers import layers_of
from impls.cost_model import model
from impls.cost_model.cost_table import Subject
from tests.bench.predict.simulated_times import lines, table
from tests.faults.conftest import Tried
from tests.faults.inputs import forged

EXAMPLES = 2_000
# Layers of the process: more would only cost time.
_CARRIERS = 6
_DEEPER = 0.85
_BUILT_IN = Path(model.__file__).with_name(model.FILE_NAME)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The model of `auto` with few layers of one subject, and a fitted curve."""
    law: dict[str, Any] = json.loads(_BUILT_IN.read_text(encoding="utf-8"))
    law["subjects"] = law["subjects"][:1]
    carriers = law["subjects"][0]["values"]["carriers"]
    carriers |= {name: values[:_CARRIERS] for name, values in carriers.items()}
    law["layers"] = [law["layers"][number] for number in carriers["layers"]]
    carriers["layers"] = list(range(_CARRIERS))
    fitted, _ = time_model.fit({Subject("cuda", "torch"): table(lines())}, "flops", {})
    file = tmp_path_factory.mktemp("models") / "curve.json"
    time_model.write(fitted, file)
    curve = json.loads(file.read_text(encoding="utf-8"))
    return [law, {**curve, "subjects": curve["subjects"][:1]}]


def _damaged(choose: random.Random, whole: dict[str, Any]) -> str:
    data = copy.deepcopy(whole)
    place: Any = data
    while True:
        key = choose.choice(sorted(place) if isinstance(place, dict) else range(len(place)))
        if not (isinstance(place[key], (dict, list)) and place[key] and choose.random() < _DEEPER):
            break
        place = place[key]
    place[key] = forged.value(choose)
    text = json.dumps(data)
    return text[: choose.randrange(len(text))] if choose.random() < 0.1 else text


@pytest.mark.filterwarnings("error")
def test_damaged_models(tmp_path: Path, models: list[dict[str, Any]], tried: Tried) -> None:
    choose, file = random.Random("models"), tmp_path / "model.json"
    layers = layers_of(["mb1ic64ih56oc64kh3ph1"])[0].layers
    for _ in range(EXAMPLES):
        tried("files of models")
        file.write_text(_damaged(choose, choose.choice(models)), encoding="utf-8")
        with suppress(UsageError):
            read = time_model.read(file)
            for layer in expected(read, time_model.subjects_for(read), layers, ["nchw"]):
                assert all(np.isfinite([one.time_s, one.time_lo_s, one.time_hi_s]).all() for one in layer.times)


def test_the_models_as_they_are(tmp_path: Path, models: list[dict[str, Any]], tried: Tried) -> None:
    for one in models:
        tried("models as they are")
        (tmp_path / "model.json").write_text(json.dumps(one), encoding="utf-8")
        assert len(time_model.read(tmp_path / "model.json").subjects) == 1


def test_damaged_models_of_auto(models: list[dict[str, Any]], tried: Tried) -> None:
    choose = random.Random("auto")
    for _ in range(EXAMPLES // 4):
        tried("models of auto")
        with suppress(KeyError, TypeError, ValueError, IndexError, AttributeError):
            model.from_data(json.loads(_damaged(choose, models[0])))
