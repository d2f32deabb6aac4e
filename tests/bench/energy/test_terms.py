"""The terms of energy: figures of the user before a bracket, and neither of them where there is a sensor."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bench.energy.executed.model import ExecutedModel
from bench.energy.meter import Found, Method
from bench.energy.model import PowerModel
from bench.energy.terms import COLD, Terms, nowhere, terms_for
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.energy.executed.forged import MODEL as EXECUTED

MODEL = PowerModel(60.0, 180.0, 16, 2, "somebody")
GOOD = Found("rapl-perf", "cpu", Method.COUNTER, ("package-0",), open=lambda: None)  # type: ignore[arg-type, return-value]
BOARD = Found("nvml", "cuda", Method.COUNTER, ("gpu-board",), open=lambda: None)  # type: ignore[arg-type, return-value]
BAD = Found("rapl-perf", "cpu", Method.COUNTER, why_not="root only", remedy="sudo")
BLIND = {"cpu": "no sensor: rapl-perf: root only"}


@pytest.mark.parametrize(
    ("sources", "model", "terms"),
    [
        ((GOOD,), None, Terms({})),
        ((GOOD,), MODEL, Terms({})),
        ((BAD,), None, Terms(BLIND, None, BRACKET)),
        ((BAD,), MODEL, Terms(BLIND, MODEL)),
    ],
    ids=["sensor", "sensor and figures", "no sensor", "figures"],
)
def test_a_bracket_needs_a_cpu_without_a_sensor_and_without_figures_of_the_user(
    sources: tuple[Found, ...], model: PowerModel | None, terms: Terms
) -> None:
    assert terms_for(["cpu"], sources, model, BRACKET) == terms


def test_a_gpu_alone_has_no_power_of_a_cpu() -> None:
    assert terms_for(["cuda"], (), MODEL, BRACKET) == Terms({"cuda": "no sensor"})
    assert nowhere(["cuda"], COLD, MODEL, BRACKET) == Terms({"cuda": COLD})


def test_where_nothing_is_measured_the_bracket_is_kept() -> None:
    assert nowhere(["cpu", "cuda"], COLD, None, BRACKET) == Terms({"cpu": COLD, "cuda": COLD}, None, BRACKET)


ON_GPU = replace(EXECUTED, device="cuda", threads=None)


@pytest.mark.parametrize(
    ("devices", "model", "executed", "terms"),
    [
        (["cpu"], MODEL, EXECUTED, Terms(BLIND, executed=EXECUTED)),
        (["cpu"], None, EXECUTED, Terms(BLIND, executed=EXECUTED)),
        (["cpu"], None, ON_GPU, Terms(BLIND, None, BRACKET)),
        (["cpu", "cuda"], MODEL, ON_GPU, Terms({**BLIND, "cuda": "no sensor"}, MODEL, None, ON_GPU)),
        (["cuda"], MODEL, ON_GPU, Terms({"cuda": "no sensor"}, executed=ON_GPU)),
        (["cuda"], MODEL, EXECUTED, Terms({"cuda": "no sensor"})),
    ],
)
def test_a_model_of_executed_work_is_of_its_device_and_comes_first(
    devices: list[str], model: PowerModel | None, executed: ExecutedModel, terms: Terms
) -> None:
    assert terms_for(devices, (BAD,), model, BRACKET, executed) == terms
    assert terms_for(devices, (GOOD, BOARD), model, BRACKET, executed) == Terms({})


@pytest.mark.parametrize(
    "terms", [Terms(), Terms(BLIND, MODEL), Terms(BLIND, None, BRACKET), Terms(BLIND, executed=EXECUTED)]
)
def test_terms_survive_json(terms: Terms) -> None:
    assert Terms.from_dict(json.loads(json.dumps(terms.as_dict(), allow_nan=False))) == terms


def test_runs_before_schema_2_3_have_no_bracket() -> None:
    assert Terms.from_dict({"without": BLIND, "model": None}) == Terms(BLIND)


@pytest.mark.parametrize("damage", [{"pool": {}}, {"why": "x"}, 5])
def test_a_damaged_bracket_is_refused(damage: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Terms.from_dict({"without": {}, "model": None, "bracket": damage})
