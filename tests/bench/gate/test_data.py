"""The kinds of data: their names, what is random about them, and how they are a part of a case's key."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.gate.data import KINDS, Data


def test_normal_data_have_no_key_so_that_older_runs_keep_theirs() -> None:
    assert (Data().key, Data().label, Data.of("normal", "same")) == ("", "", Data())


@pytest.mark.parametrize(
    ("x", "weights", "made"),
    [
        ("zeros", "same", Data("zeros")),
        # The weights that the kind of x has anyway are not named.
        ("zeros", "normal", Data("zeros")),
        ("integers", "integers", Data("integers")),
        ("subnormal", "normal", Data("subnormal", "normal")),
        ("normal", "subnormal", Data("normal", "subnormal")),
    ],
)
def test_equal_data_have_one_name(x: str, weights: str, made: Data) -> None:
    assert Data.of(x, weights) == made


@pytest.mark.parametrize(
    ("data", "is_random"),
    [
        *((Data(kind), True) for kind in KINDS),
        (Data("relu", "relu"), False),
        (Data("constant", "constant"), False),
        (Data("normal", "constant"), True),
        (Data("relu", "subnormal"), True),
        (Data("file:x.npy"), False),
        (Data("normal", "file:w.npy"), False),
    ],
)
def test_sums_are_random_where_an_operand_is_drawn_with_either_sign(data: Data, is_random: bool) -> None:
    assert data.is_random is is_random


def test_a_file_is_known_by_its_path_and_its_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.npy"
    file.write_bytes(b"one")
    monkeypatch.chdir(tmp_path)
    before = Data.of("file:x.npy", "file:x.npy#w")
    assert before.x == f"file:{file}"
    assert before.label == "file:x.npy, weights file:x.npy#w"
    before.require_unchanged()
    file.write_bytes(b"two")
    assert Data.of("file:x.npy", "file:x.npy#w").key != before.key
    with pytest.raises(UsageError, match=r"x\.npy was changed after the case was planned"):
        before.require_unchanged()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("zeroes", r"data 'zeroes' is unknown \(did you mean 'zeros'\?\); allowed: normal, uniform"),
        ("file:x.txt", "data 'file:x.txt' is unknown.*or file:PATH of a .npy, .pt or .safetensors file"),
        ("file:none.npy", "none.npy: there is no such file"),
    ],
)
def test_unknown_data_are_refused_with_what_is_allowed(name: str, sentence: str) -> None:
    for x, weights in ((name, "same"), ("normal", name)):
        with pytest.raises(UsageError, match=sentence):
            Data.of(x, weights)
