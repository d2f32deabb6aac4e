"""Problems as users name them: descriptors, options for sizes, layer sets and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.sweep.problem_texts import layer_sets, of_sizes, one_layer
from impls import ConvProblem

SMALL = "mb1ic4ih8oc4kh3ph1"


def test_descriptors_in_a_row_are_one_list(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text(SMALL)
    found = layer_sets([SMALL, SMALL, "lenet-5", str(file), f'{SMALL}n"last*3"'])
    assert [(one.name, len(one.layers)) for one in found] == [("", 2), ("lenet-5", 3), ("mine", 1), ("", 1)]
    (last,) = found[-1].layers
    assert (last.name, last.count) == ("last", 3)


def test_a_bias_is_added_to_every_layer() -> None:
    assert all(layer.problem.bias for one in layer_sets([SMALL, "lenet-5"], bias=True) for layer in one.layers)
    assert not any(layer.problem.bias for one in layer_sets([SMALL, "lenet-5"]) for layer in one.layers)


@pytest.mark.parametrize("word", ["resnet-50", "mine.csv", "mine.txt"])
def test_many_layers_are_not_one_problem(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.csv", "mine.txt"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError) as caught:
        one_layer(word)
    for command in ("sweep", "count", "choose"):
        assert f"convcost {command} {word}" in str(caught.value)


@pytest.mark.parametrize("word", ["mine.csv", "mine.txt"])
def test_a_file_that_is_not_there_has_no_layers(word: str) -> None:
    with pytest.raises(UsageError, match=f"^{word} is not there; allowed: a .txt, .csv, .log or .json file of layers$"):
        one_layer(word)


# (options, the descriptor that they mean)
SIZES: list[tuple[dict[str, Any], str]] = [
    ({"channels": 64, "size": (56, 56), "kernel": (3, 3), "padding": "same"}, "mb1ic64ih56oc64kh3ph1"),
    ({"channels": 64, "size": (56, 56), "kernel": (3, 3), "padding": "valid"}, "mb1ic64ih56oc64kh3"),
    ({"channels": 64, "size": (56, 56), "kernel": (3, 3)}, "mb1ic64ih56oc64kh3"),
    ({"in_channels": 3, "out_channels": 8, "size": (9, 7), "kernel": (3, 5), "batch": 0, "padding": (1, 2)},
     "mb0ic3ih9iw7oc8kh3kw5ph1pw2"),
    ({"channels": 4, "size": (8, 8), "kernel": (2, 2), "padding": "same"}, "mb1ic4ih8oc4oh8kh2ph0"),
    ({"channels": 4, "size": (9, 9), "kernel": (3, 3), "stride": (2, 1), "dilation": (2, 2), "groups": 4},
     "g4mb1ic4ih9iw9oc4kh3kw3sh2sw1dh1dw1"),
]  # fmt: skip


@pytest.mark.parametrize(("sizes", "descriptor"), SIZES, ids=[descriptor for _, descriptor in SIZES])
def test_sizes_mean_a_problem(sizes: dict[str, Any], descriptor: str) -> None:
    assert of_sizes(**sizes) == ConvProblem.parse(descriptor)
    assert ConvProblem.parse(of_sizes(**sizes).descriptor) == of_sizes(**sizes)
