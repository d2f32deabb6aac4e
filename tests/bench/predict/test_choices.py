"""The choices of `auto`, as predicted by its cost model."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bench.cost.layer import Layer
from bench.errors import UsageError
from bench.predict import choices as predicted
from impls import ConvError, ConvProblem
from impls.auto import choose

SMALL = "mb1ic4ih8oc4kh3ph1"


def layer(descriptor: str, *, bias: bool = False) -> Layer:
    return Layer(ConvProblem.parse(descriptor, bias=bias), "a")


@pytest.mark.parametrize("descriptor", [SMALL, "mb1ic64ih56oc64kh3ph1", "g8mb1ic8ih9oc8kh3"])
def test_the_choice_is_that_of_auto_and_the_first_estimate(descriptor: str) -> None:
    found = predicted.choices([layer(descriptor)], ["fp32", "bf16"], ["nchw", "nhwc"], ["cpu"], torch.get_num_threads())
    assert [(c.case.precision, c.case.layout) for c in found] == [
        ("fp32", "nchw"), ("fp32", "nhwc"), ("bf16", "nchw"), ("bf16", "nhwc")
    ]  # fmt: skip
    for choice in found:
        assert choice.name == choose(choice.case) == choice.estimates[0].implementation
        times = [e.time_s for e in choice.estimates]
        assert times == sorted(times)
        assert choice.margin == times[1] / times[0]


def test_a_precision_without_choice_has_a_reason() -> None:
    fp32, tf32 = predicted.choices([layer(SMALL)], ["fp32", "tf32"], ["nchw"], ["cpu"], 1)
    assert fp32.name is not None
    assert (tf32.name, tf32.estimates, tf32.python) == (None, (), None)
    assert tf32.reason is not None
    assert "not in tf32" in tf32.reason


def test_a_device_without_any_choice_is_refused() -> None:
    with pytest.raises(UsageError, match=r"runs on cpu, not on cuda; to measure instead: convcost measure"):
        predicted.choices([layer(SMALL)], ["fp32"], ["nchw"], ["cuda"], 1)


@pytest.mark.parametrize(
    "words", [(["fp8"], ["nchw"], ["cpu"]), (["fp32"], ["chwn"], ["cpu"]), (["fp32"], ["nchw"], ["x"])]
)
def test_unknown_words_are_refused(words: tuple[list[str], list[str], list[str]]) -> None:
    with pytest.raises(ConvError, match="is unknown"):
        predicted.choices([layer(SMALL)], *words, 1)


def test_the_number_of_threads_is_as_before() -> None:
    before = torch.get_num_threads()
    predicted.choices([layer(SMALL)], ["fp32"], ["nchw"], ["cpu"], 3)
    assert torch.get_num_threads() == before


def test_the_origin_names_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"cpu": "Forged CPU", "threads": 3, "simd": torch.backends.cpu.get_cpu_capability()}
    model = replace(predicted.built_in(), made=made)
    monkeypatch.setattr(predicted, "built_in", lambda: model)
    monkeypatch.setattr(predicted, "cpu_name", lambda: "Forged CPU")
    assert predicted.origin(3)["differs"] == []
    assert predicted.origin(1)["differs"] == ["threads"]
    monkeypatch.setattr(predicted, "cpu_name", lambda: "another")
    assert predicted.origin(1)["differs"] == ["cpu", "threads"]


def test_the_built_in_model_says_how_good_it_was() -> None:
    checked = predicted.built_in().made["checked"]
    assert checked["low"] < checked["within"] < checked["high"]
