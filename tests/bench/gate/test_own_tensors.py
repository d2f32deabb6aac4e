"""The user's own tensors: read from three formats, and refused in a sentence where they do not fit."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from bench.errors import UsageError
from bench.gate.data import Data
from bench.gate.inputs import draw
from impls import Case, ConvProblem

CASE = Case(ConvProblem.parse("mb1ic2ih4oc3kh3ph1"))
X, W = torch.arange(32.0).view(1, 2, 4, 4), torch.ones(3, 2, 3, 3)


def test_own_tensors_take_the_place_of_drawn_ones(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X.numpy())
    torch.save({"conv.weight": W, "conv.bias": torch.ones(3)}, tmp_path / "model.pt")
    inputs = draw(CASE, 1, Data.of(f"file:{tmp_path}/x.npy", f"file:{tmp_path}/model.pt#conv.weight"))
    assert torch.equal(inputs.x, X)
    assert torch.equal(inputs.weight, W)
    assert not inputs.truth.is_random
    # Without a name of the weights they are N(0, 1), as for every seed.
    assert torch.equal(draw(CASE, 1, Data.of(f"file:{tmp_path}/x.npy")).weight, draw(CASE, 1).weight)


def test_bf16_is_read_from_a_pt_file(tmp_path: Path) -> None:
    torch.save(X.bfloat16(), tmp_path / "x.pt")
    case = Case(CASE.problem, "bf16")
    assert torch.equal(draw(case, 1, Data.of(f"file:{tmp_path}/x.pt")).x, X.bfloat16())


def test_safetensors_are_read_by_their_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.safetensors"
    file.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(UsageError, match=r"not installed; type: pip install 'convcost\[safetensors\]'"):
        draw(CASE, 1, Data.of(f"file:{file}"))
    fake = ModuleType("safetensors.torch")
    fake.load_file = lambda _: {"x": X}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "safetensors", ModuleType("safetensors"))
    monkeypatch.setitem(sys.modules, "safetensors.torch", fake)
    assert torch.equal(draw(CASE, 1, Data.of(f"file:{file}")).x, X)


@pytest.mark.parametrize(
    ("saved", "sentence"),
    [
        (X[:, :1], r"has shape \(1, 1, 4, 4\); allowed: \(1, 2, 4, 4\), the input of mb1ic2ih4oc3kh3ph1; give"),
        (X.double(), "is float64; allowed: float32 for fp32; give its precision by -p, or save it as float32"),
        (X.bfloat16(), "is bfloat16; allowed: float32"),
        (X / 0, "has 32 values that are NaN or infinite; allowed: finite values"),
        ({"a": X, "b": W}, "holds 2 tensors; allowed: a, b; name one, as in file:x.pt#NAME"),
        ({"a": 1}, "holds 0 tensors; allowed: none"),
        ([X], "holds list; allowed: a tensor, or tensors by name"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(tmp_path: Path, saved: object, sentence: str) -> None:
    torch.save(saved, tmp_path / "x.pt")
    with pytest.raises(UsageError, match=sentence):
        draw(CASE, 1, Data.of(f"file:{tmp_path}/x.pt"))


def test_a_damaged_file_and_an_unknown_tensor_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"no array")
    with pytest.raises(UsageError, match="cannot be read"):
        draw(CASE, 1, Data.of(f"file:{tmp_path}/x.npy"))
    torch.save({"a": X, "b": W}, tmp_path / "x.pt")
    with pytest.raises(UsageError, match="has no tensor 'c'; allowed: a, b"):
        draw(CASE, 1, Data.of(f"file:{tmp_path}/x.pt#c"))


def test_no_code_in_a_pt_file_runs(tmp_path: Path) -> None:
    torch.save({"x": Path("/")}, tmp_path / "x.pt")
    with pytest.raises(UsageError, match="cannot be read"):
        draw(CASE, 1, Data.of(f"file:{tmp_path}/x.pt"))
