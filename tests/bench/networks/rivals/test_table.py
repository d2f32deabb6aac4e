"""The rivals that a user names."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bench.errors import UsageError
from bench.networks.rivals import rival, table
from bench.networks.rivals.eager import EagerTorch
from bench.networks.rivals.rival import missing_package
from bench.networks.rivals.table import RIVALS, chosen_rivals


@dataclass(frozen=True)
class Absent(EagerTorch):
    name: str = "absent"
    sides: tuple[str, ...] = ("Absent",)
    takes_files: bool = True

    def missing(self, *, of_a_file: bool) -> str | None:
        return "the package absent is not installed; type: pip install it"


@pytest.fixture
def with_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "RIVALS", {"eager": EagerTorch(), "absent": Absent()})


@pytest.mark.parametrize("texts", [["eager,compile"], ["eager", "compile"], ["compile, eager", "eager"]])
def test_names_stand_in_the_order_of_the_table(texts: list[str]) -> None:
    assert [one.name for one in chosen_rivals(texts).rivals] == ["eager", "compile"]


@pytest.mark.parametrize(
    ("texts", "of_a_file", "sentence"),
    [
        (["eagr"], False, "--against eagr is unknown (did you mean 'eager'?); allowed: eager, compile, onnxruntime"),
        ([","], False, "--against names no rival; allowed: eager, compile, onnxruntime, openvino, all"),
        (["eager"], True, "--against eager needs a module; of an ONNX file, allowed: onnxruntime, openvino"),
    ],
)
def test_other_names_are_refused(texts: list[str], of_a_file: bool, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen_rivals(texts, of_a_file=of_a_file)
    assert sentence in str(caught.value)


def test_a_missing_package_is_refused_where_its_rival_is_named(with_absent: None) -> None:
    with pytest.raises(UsageError, match=r"--against absent: the package absent is not installed; type: pip install"):
        chosen_rivals(["eager,absent"])


def test_of_all_those_with_a_missing_package_are_left_out(with_absent: None) -> None:
    found = chosen_rivals(["all"])
    assert [one.name for one in found.rivals] == ["eager"]
    assert found.left_out == (("Absent", "the package absent is not installed; type: pip install it"),)


def test_the_first_missing_package_is_named_with_its_command() -> None:
    assert missing_package("torch", "no_such_package", "nor_this") == (
        f"the package no_such_package is not installed; type: {rival.EXTRA}"
    )
    assert missing_package("torch") is None


def test_a_side_has_one_rival() -> None:
    sides = [side for one in RIVALS.values() for side in one.sides]
    assert len(set(sides)) == len(sides)
