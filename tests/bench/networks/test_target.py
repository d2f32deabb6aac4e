"""What a user may name as a network, and what is refused, with what to type instead."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from bench.errors import UsageError
from bench.networks.target import read
from tests.bench.networks.pasted.test_formats import VERBOSE

MINE = """
import os

import torch

def make():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())

whole = make()

def number():
    return 3

def fails():
    raise RuntimeError("no weights here")

def changes():
    os.environ["OMP_PROC_BIND"] = "true"
    return make()
"""


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_network.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "my_network", raising=False)


@pytest.mark.parametrize("target", ["my_network:make", "my_network.py:make", "my_network:whole"])
def test_a_function_of_the_user_makes_the_module(target: str) -> None:
    found = read(target, ["1x3x8x8"])
    assert [one.name for one in found.listing.operations] == ["0", "1"]
    assert found.make is not None
    assert isinstance(found.make(), nn.Module)


def test_settings_that_the_users_code_changes_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_PROC_BIND", raising=False)
    read("my_network:changes", ["1x3x8x8"])
    assert "OMP_PROC_BIND" not in os.environ


def test_a_file_of_torch_export_keeps_names_and_shapes(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)), nn.ReLU()).eval()
    torch.export.save(torch.export.export(net, (torch.zeros(1, 3, 8, 8),)), tmp_path / "net.pt2")
    listing = read("net.pt2").listing
    assert listing.inputs == ((1, 3, 8, 8),)
    assert [one.name for one in listing.operations] == ["0.0", "0.1", "1"]
    assert [layer.problem.descriptor for layer in listing.layer_set.layers] == ["mb1ic3ih8oc4kh3"]


def test_a_pickle_needs_trust(tmp_path: Path) -> None:
    torch.save(nn.Conv2d(3, 4, 3), tmp_path / "net.pt")
    with pytest.raises(UsageError, match=r"is a pickle, and reading it can run any code in it; .* add --trust"):
        read("net.pt", ["1x3x8x8"])
    assert len(read("net.pt", ["1x3x8x8"], trust=True).listing.covered) == 1
    torch.save(nn.Conv2d(3, 4, 3).state_dict(), tmp_path / "weights.pt")
    with pytest.raises(UsageError, match=r"has weights without their model; allowed: a whole"):
        read("weights.pt", ["1x3x8x8"], trust=True)


def test_a_file_of_layers_has_convolutions_only(tmp_path: Path) -> None:
    (tmp_path / "layers.txt").write_text('mb1ic3ih8oc4kh3ph1n"one*2"\nmb1ic4ih8oc4kh1n"two"\n')
    found = read("layers.txt")
    assert [one.name for one in found.listing.operations] == ["one", "one", "two"]
    assert [(layer.name, layer.count) for layer in found.listing.layer_set.layers] == [("one", 2), ("two", 1)]
    assert found.make is None
    with pytest.raises(UsageError, match=r"leave out --input"):
        read("layers.txt", ["1x3x8x8"])


def test_what_is_no_layer_in_text_of_another_program_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.log").write_text(f"epoch 1\n{VERBOSE}\n{VERBOSE.replace('convolution,', 'reorder,', 1)}\n")
    found = read("mine.log").listing
    descriptors = [one.problem and one.problem.descriptor for one in found.operations]
    assert descriptors == ["mb8ic32ih56iw50oc32kh3kw3ph1pw1"]
    assert found.notes[1:] == ("left out: 1 × line of other text, 1 × reorder",)


def test_a_built_in_network_has_its_own_input() -> None:
    assert read("lenet-5").listing.inputs == ((1, 1, 32, 32),)
    assert read("lenet-5", ["4x1x32x32"]).listing.layer_set.layers[0].problem.batch == 4


@pytest.mark.parametrize(
    ("target", "inputs", "sentence"),
    [
        ("resnet50", [], "no network 'resnet50' .did you mean 'resnet-50'"),
        ("net.onnx", [], r"net\.onnx is not there"),
        ("net.pt2", [], r"net\.pt2 is not there"),
        ("net.txt", [], r"net\.txt is not there"),
        ("my_network:make", [], "the shape of the input of my_network:make is missing; type it, as in --input 1x3"),
        ("my_network:make", ["3x"], "--input 3x is no shape"),
        ("my_network:make", ["1x3x8x8:int3"], "the type int3 is unknown; allowed: float32"),
        ("my_network:make", ["1x0x8x8"], "sizes of 1 and more"),
        ("my_network:make", ["1x999999999999x999999999999"], "less than 2\\^59"),
        ("my_network:nothing", ["1x3x8x8"], "my_network has no 'nothing'"),
        ("my_network:number", ["1x3x8x8"], r"my_network:number returned int; allowed: a torch\.nn\.Module"),
        ("my_network:fails", ["1x3x8x8"], r"my_network:fails failed: RuntimeError: no weights here .my_network\.py"),
        ("no_such_module:make", ["1x3x8x8"], "no_such_module cannot be imported"),
    ],
)
def test_bad_input_is_refused(target: str, inputs: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read(target, inputs)


def test_a_damaged_file_of_torch_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.pt2").write_bytes(b"nothing")
    with pytest.raises(UsageError, match=r"net\.pt2 is damaged, or no file of torch\.export"):
        read("net.pt2")
