"""Files of models, damaged anywhere: one sentence with exit code 2, or times that are possible."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import UsageError
from bench.predict import time_model
from bench.predict.expected import expected
from bench.sweep.timed_layers import layers_of
from impls.cost_model import model
from impls.cost_model.cost_table import Subject
from tests.bench.predict.simulated_times import lines, table
from tests.faults.conftest import Tried
from tests.faults.inputs import forged

# Layers of the process: more would only cost time.
_CARRIERS = 6
_ONE_IN_TEN = st.integers(0, 9)
_LAYERS = layers_of(["mb1ic64ih56oc64kh3ph1"])[0].layers
_BUILT_IN = model.file_asked()


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


def _damaged(data: st.DataObject, whole: dict[str, Any]) -> str:
    """The text of a model with a value that it cannot have, at any depth, or cut off."""
    if data.draw(_ONE_IN_TEN) == 0:
        text = json.dumps(whole)
        return text[: data.draw(st.integers(0, len(text) - 1))]
    changed = copy.deepcopy(whole)
    place: Any = changed
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[key], (dict, list)) and place[key] and data.draw(_ONE_IN_TEN) > 1):
            break
        place = place[key]
    place[key] = data.draw(forged.model_values)
    return json.dumps(changed)


@pytest.mark.filterwarnings("error")
@forged.ENDLESS
@given(data=st.data())
def test_damaged_models(tmp_path: Path, models: list[dict[str, Any]], tried: Tried, data: st.DataObject) -> None:
    tried("files of models")
    file = tmp_path / "model.json"
    file.write_text(_damaged(data, data.draw(st.sampled_from(models))), encoding="utf-8")
    with suppress(UsageError):
        read = time_model.read(file)
        for layer in expected(read, time_model.subjects_for(read), _LAYERS, ["nchw"]):
            assert all(np.isfinite([one.time_s, one.time_lo_s, one.time_hi_s]).all() for one in layer.times)


def test_the_models_as_they_are(tmp_path: Path, models: list[dict[str, Any]]) -> None:
    for one in models:
        (tmp_path / "model.json").write_text(json.dumps(one), encoding="utf-8")
        assert len(time_model.read(tmp_path / "model.json").subjects) == 1


@settings(forged.ENDLESS, max_examples=forged.EXAMPLES // 4)
@given(data=st.data())
def test_damaged_models_of_auto(models: list[dict[str, Any]], tried: Tried, data: st.DataObject) -> None:
    tried("models of auto")
    with suppress(KeyError, TypeError, ValueError, IndexError, AttributeError):
        model.from_data(json.loads(_damaged(data, models[0])))
