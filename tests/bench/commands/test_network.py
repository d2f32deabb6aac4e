"""`convcost network`: a network listed, measured layer by layer, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.store import journal, runs
from impls import SwapChoice
from tests.bench.commands.running import TINY, Refuse, Run, assert_says, refusals

MINE = """
import torch


def make():
    return torch.nn.Sequential(
        torch.nn.Conv2d(4, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(4, 4, 3, padding=1),
        torch.nn.ConvTranspose2d(4, 2, 2), torch.nn.Flatten(), torch.nn.Linear(162, 3),
    )
"""


@pytest.fixture
def mine(here: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (here / "mine_network.py").write_text(MINE)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return "mine_network.py:make"


@refusals(
    ("network", "missing argument 'TARGET'"),
    ("network resnet50", "there is no network 'resnet50' (did you mean 'resnet-50'?); allowed: lenet-5, alexnet"),
    ("network lenet-5 --input 3x", "--input 3x is no shape; allowed: sizes as in --input 1x3x224x224"),
    ("network model.pt", "model.pt is not there"),
    ("network lenet-5 --list --mlp", "--list measures nothing; leave out --mlp"),
    ("network lenet-5 --max-memory big", "'big'; allowed: a number of bytes, as in 64MiB"),
    ("network lenet-5 --max-error -1", "'-1'; allowed: a number of at least 0"),
    ("network lenet-5 -i nothing", "implementation 'nothing' is unknown"),
    (
        "network lenet-5 --against tensorrt",
        "--against tensorrt is unknown; allowed: eager, compile, onnxruntime",
    ),
    ("network lenet-5 --using auto", "without --against no other runtime is timed; leave out --using"),
    ("network lenet-5 --whole --busy-core", "without --against no other runtime is timed; leave out --whole, --busy"),
    ("network lenet-5 --against eager --whole --choice a.json", "--whole measures no layer; leave out --choice"),
    (
        "network lenet-5 --against eager --using dirct",
        "--using dirct is unknown (did you mean 'direct'?)",
    ),
    ("network lenet-5 --against eager --using no.json", "no.json cannot be read"),
    ("network lenet-5 --page page.txt", "'page.txt'; allowed: a file to write that ends in .html"),
    ("network lenet-5 --choice choice.toml", "--choice choice.toml is no .json file; allowed: a file such as choice"),
    ("network lenet-5 --list --choice choice.json", "--list measures nothing; leave out --choice"),
    ("network {given}/empty.txt", "names no layer"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def test_a_list_has_sizes_costs_and_fields(convcost: Run, mine: str) -> None:
    done = convcost("network", mine, "--input", "1x4x8x8", "--list")
    assert (done.code, done.err) == (0, "")
    assert_says(done.out, "mine_network.py:make, input 1×4×8×8, 819 parameters")
    assert_says(done.out, "convolution…1×4×8×8…9,216…148…3×3…activation…convolution…5×5…dense")
    assert_says(done.out, "Not covered, 0.10 of the MACs of all convolutions: 3: transposed, in 2 dimensions")
    assert_says(done.out, "An output of the last convolution (2) sees 5×5 of the input.")


def test_a_dry_run_shows_cases_time_and_memory(convcost: Run) -> None:
    done = convcost("network", "lenet-5", "--dry-run", "-i", "torch", "--device", "cpu", "--threads", "1")
    assert (done.code, done.err) == (0, "")
    assert_says(done.out, "lenet-5: 3 cases…mb1ic1ih32oc6kh5 with bias…lenet-5: 0…time: about…memory: up to")


def test_a_list_as_json(convcost: Run) -> None:
    found = convcost("network", "lenet-5", "--list", "--json").json
    assert (found["name"], found["inputs"], found["stopped"]) == ("lenet-5", [[1, 1, 32, 32]], None)
    first = found["operations"][0]
    assert (first["descriptor"], first["bias"], first["macs"]) == ("mb1ic1ih32oc6kh5", True, 117_600)
    assert found["operations"][1]["descriptor"] is None


@pytest.mark.full
@pytest.mark.slow
def test_a_network_is_measured_layer_by_layer(
    convcost: Run, here: Path, mine: str, forged_ceilings: None
) -> None:  # fmt: skip
    limits = ("--max-memory", "1MiB", "--max-error", "1e-30", "--against", "eager")
    done = convcost("network", mine, "--input", "1x4x8x8", *TINY, "--processes", "1", "-i", "torch", "-i", "direct",
                    "--no-energy", "--mlp", "--json", "--choice", "choice.json", *limits)  # fmt: skip
    assert done.code == 0, done.err
    (group,) = done.json["groups"]
    (layer,) = group["layers"]
    # One shape, two layers.
    assert (layer["names"], layer["count"], layer["descriptor"]) == (["0", "2"], 2, "mb1ic4ih8oc4kh3ph1 with bias")
    assert set(layer["all"]) == {"torch", "direct"}
    assert {total["implementation"]: total["covered"] for total in group["totals"]} == {"torch": 2, "direct": 2}
    titles = [mix["title"] for mix in group["mixes"]]
    assert titles == ["best per layer", "plans and workspace ≤ 1.0 MiB", "rms error ≤ 1e-30"]
    assert group["mixes"][2]["why_not"] == "nothing that was measured keeps this limit in 0"
    network = done.json["network"]
    assert network["in_place"]["seconds_by_kind"].keys() == {"convolution", "activation", "dense"}
    assert network["dense_network"]["parameters"] == 2 * (256 * 256 + 256)
    best = layer["best"]
    assert SwapChoice.load("choice.json").layers == {"0": best, "2": best} == done.json["choice"]["layers"]
    swap = done.json["swap"]
    assert swap["choice"]["layers"].keys() <= {"0", "2"}
    assert list(swap["sides_s"]) == ["swapped", "eager torch, NCHW", "eager torch, NHWC"]
    assert set(swap["over_base"]) == {"eager torch, NCHW", "eager torch, NHWC"}
    # The run keeps all of it, and can be resumed without the user's code.
    folder = Path(done.json["run"])
    meta = runs.read_meta(folder)
    assert meta["network"] == {**network, "swap": swap}
    (here / "mine_network.py").unlink()
    make_unfinished(folder)
    again = convcost("sweep", "--resume", str(folder), "--json")
    assert again.code == 0, again.err
    assert {row["implementation"] for row in again.json["rows"]} == {"torch", "direct"}


def make_unfinished(folder: Path) -> None:
    """Take away the end of a run and its last visit."""
    runs.reopen(folder)
    file = folder / journal.FILE_NAME
    *visits, _last, _end = file.read_text().splitlines(keepends=True)
    file.write_text("".join(visits))


@pytest.mark.slow
@pytest.mark.full
def test_the_table_names_what_to_use(convcost: Run, mine: str, forged_ceilings: None) -> None:
    done = convcost("network", mine, "--input", "1x4x8x8", *TINY, "--processes", "1", "-i", "torch", "-i", "direct",
                    "--no-energy", "--mlp")  # fmt: skip
    assert done.code == 0, done.err
    assert_says(done.out, "the most that could be saved first…All operations…convolution…In place: eager torch")
    assert_says(done.out, "A dense network between the same maps: 131,584 parameters")
    assert_says(done.out, "results: ")
