"""Every implementation and every algorithm is explained, with the numbers of the code."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
import torch

import impls
from impls import registry
from impls.cook_toom import growth, taps
from impls.error_bounds import amplification
from impls.explanations import PARTS, _texts, explain, explained, line

BUILT_IN = tuple(registry.BUILT_IN)
ALGORITHMS = sorted({algorithm for name in BUILT_IN if (algorithm := impls.get(name).algorithm)})


def test_every_algorithm_is_explained() -> None:
    assert set(ALGORITHMS) == set(_texts()["algorithm"])
    assert set(_texts()["implementation"]) <= set(BUILT_IN)


@pytest.mark.parametrize("name", sorted({*BUILT_IN, *ALGORITHMS}))
def test_an_explanation_has_all_parts_in_sentences(name: str) -> None:
    found = explain(name)
    assert set(found.parts) == set(PARTS)
    for text in (*found.idea, *found.parts.values(), found.symbols):
        assert text.endswith(".")
        assert "  " not in text
    assert 0 < len(line(name)) <= 67, "it fits in the table of `convcost impls`"
    assert line(name) == found.line
    assert any(len(text) > 240 for text in found.idea), "the idea takes some lines"


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_algorithm_is_that_of_the_implementation(name: str) -> None:
    found, algorithm = explain(name), impls.get(name).algorithm
    # oneDNN computes the definition by kernels of its own, which it explains itself.
    assert found.algorithm == (None if name == "onednn" else algorithm)
    if found.algorithm:
        assert name in found.implementations
        assert all(impls.get(other).algorithm == algorithm for other in found.implementations)


def test_the_numbers_of_winograd_are_those_of_the_code() -> None:
    found, tiles = explain("winograd"), (2, 4, 5, 6)
    for m in tiles:
        assert f"{growth(m, 3) ** 2:.0f} (F{m})" in found.parts["range"]
    cost, error, memory = found.parts["cost"], found.parts["error"], found.parts["memory"]
    for m in tiles:
        saved = Fraction(9 * m * m, (m + 2) ** 2)
        assert re.search(rf"F{m} 1/{float(saved):.3g}\b", cost)
        # Sums over channels have a ninth of direct's terms.
        assert re.search(rf"{amplification(m, 3)[1] / 3:.1f} \(F{m}\)", error)
        tile = explain(f"winograd-f{m}").idea[-1]
        assert f"{(m + 2) ** 2} products in place of {9 * m * m}" in tile
        possible = taps(m)
        assert ("3 × 3 kernels" if m == 6 else f"kernels of 2 to {possible[-1]} taps") in tile
    assert ", ".join(_taps_of(m) for m in tiles) in found.parts["wins"]
    assert [f"F{m} {(m + 2) ** 2 / 9:.2g}" in memory for m in (2, 4, 6)] == [True] * 3


def _taps_of(m: int) -> str:
    possible = taps(m)
    several = f"{possible[0]} to {possible[-1]}{' taps' if m == 2 else ''}"
    return f"{several if len(possible) > 1 else possible[0]} with F{m}"


def test_a_plug_in_is_explained_by_its_docstring() -> None:
    class Mine(impls.Implementation):
        """Shifts and adds.

        Tap by tap.
        """

        name, algorithm = "shift-and-add", "direct"

        def plan(self, case: impls.Case, weight: torch.Tensor, bias: torch.Tensor | None) -> impls.Plan:
            raise NotImplementedError

    class Silent(Mine):
        name = "silent"

    before = dict(registry._registered)
    try:
        impls.register(Mine)
        impls.register(Silent)
        assert line("shift-and-add") == "Shifts and adds."
        assert explain("shift-and-add").idea == ("Shifts and adds.\n\nTap by tap.",)
        assert line("silent") == ""
        assert "does not explain itself" in explain("silent").idea[0]
        assert "shift-and-add" in explained()
    finally:
        registry._registered.clear()
        registry._registered.update(before)


def test_an_unknown_name_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(impls.UnknownImplementation) as error:
        explain("wingrad")
    assert "'wingrad' is unknown (did you mean 'winograd'?); allowed: loops, direct" in str(error.value)
    assert all(name in str(error.value) for name in explained())
