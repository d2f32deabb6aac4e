"""Configurations: the keys of a file, and the place of an error in it."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from pathlib import Path

import pytest

from bench.cost.layer import Layer, LayerSet
from bench.errors import UsageError
from bench.sweep import layers
from bench.sweep.axes import Axis
from bench.sweep.config import Config, built_in_names, load, parse
from impls import ConvProblem

EVERYTHING = """
base = "mb1ic8ih14oc8kh3ph1"
design = "product"
implementations = ["*", "-loops", "torch", "torch"]
devices = ["cuda", "cpu"]
precisions = ["fp64", "bf16"]
layouts = ["nhwc"]
data = ["relu", "file:/x.npy#a"]
weights = "integers"
layers = ["alexnet", "mine.csv"]
include = ["stride"]
bias = true
max_seconds = 3
budget = "10m"
target_rel_ci = 0.05
processes = 2
visits = 4
cache = "cold"
malloc = "default"
seed = 11
energy = "all"
energy_plan = "full"
energy_window_s = 2
energy_windows = 9

[axes]
kernel = [3, 1, "3x5"]
padding = ["same", 0]
groups = ["depthwise", 1]
"""

FULL = Config(
    name="all",
    base="mb1ic8ih14oc8kh3ph1",
    design="product",
    implementations=("*", "-loops", "torch"),
    devices=("cuda", "cpu"),
    precisions=("fp64", "bf16"),
    layouts=("nhwc",),
    data=("relu", "file:/x.npy#a"),
    weights="integers",
    axes=(Axis("kernel", (3, 1, "3x5")), Axis("padding", ("same", 0)), Axis("groups", ("depthwise", 1))),
    layers=("alexnet", "mine.csv"),
    include=("stride",),
    bias=True,
    max_seconds=3.0,
    budget_s=600.0,
    target_rel_ci=0.05,
    processes=2,
    visits=4,
    cache="cold",
    malloc="default",
    seed=11,
    energy="all",
    energy_plan="full",
    energy_window_s=2.0,
    energy_windows=9,
)


def test_every_key_is_read() -> None:
    assert parse(EVERYTHING, "all", "all.toml") == FULL
    defaults = Config(name="all")
    # A file names layers; those of a network are listed by a program.
    same = [f.name for f in fields(Config) if getattr(FULL, f.name) == getattr(defaults, f.name)]
    assert sorted(same) == ["grid", "listed", "name"]
    # A product has no grid.
    small = parse("[axes]\nkernel = [3, 1]\n[grid]\nkernel = [1]", "small", "small.toml")
    assert small.grid == (Axis("kernel", (1,)),)


def test_missing_keys_have_defaults() -> None:
    assert parse('base = "mb1ic3ih8oc4kh3"', "plain", "plain.toml") == Config(name="plain", base="mb1ic3ih8oc4kh3")


@pytest.mark.parametrize("text", ["", "# nothing", "seed = 5"])
def test_a_file_without_anything_to_measure_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"empty.toml has nothing to measure; give it \[axes\]"):
        parse(text, "empty", "empty.toml")


LISTED = LayerSet("net", (Layer(ConvProblem.parse("mb1ic3ih8oc4kh3", bias=True), "one", 2, "bf16"),), ("1 × reorder",))


@pytest.mark.parametrize(
    "config",
    [FULL, Config(name="defaults"), Config(name="net", listed=LISTED), load("quick"), load("full"), load("resnet-50")],
)
def test_a_configuration_survives_json(config: Config) -> None:
    plain = json.loads(json.dumps(config.as_dict(), allow_nan=False))
    assert Config.from_dict(plain) == config
    assert Config.from_dict({**plain, "candidates": ["direct"], "later": 1}) == config


# (file, the place, a quote of it, and the allowed values in the message)
BAD: list[tuple[str, str, str, str]] = [
    # A grid of what the axes do not have.
    ("[axes]\nkernel = [3]\n[grid]\nkernel = [3, 5]", "line 4, column 1", "kernel = 5", "in [axes], 3"),
    ("[axes]\nkernel = [3]\n[grid]\nstride = [1]", "line 4, column 1", "stride = 1", "axes of [axes], kernel"),
    ("design = 'product'\n[axes]\nkernel = [3]\n[grid]\nkernel = [3]", "line 4, column 1", "every point", ""),
    # Not TOML.
    ("base = ", "line 1, column 8", "Invalid value", ""),
    ("bias = true\nseed = 1 2", "line 2, column 10", "", ""),
    ("[axes]\nkernel = [3, 1", "line 2, column 15", "", ""),
    ("seed = 1\nseed = 2", "line 2, column 9", "overwrite", ""),
    ("design = 'product", "line 1, column 18", "", ""),
    # An unknown key.
    ("kernels = 3", "line 1, column 1", "'kernels'", "base, design"),
    ("bias = true\n\n  kernels = 3", "line 3, column 3", "'kernels'", "base, design"),
    ("seed = 1\n[axis]\nkernel = [3]", "line 2, column 1", "'axis'", "axes"),
    ('precisions = ["fp32"]\nprecision = "fp32"', "line 2, column 1", "'precision'", "precisions"),
    ("seed = 1\n[axes]\nkernle = [3]", "line 3, column 1", "'kernle'", "kernel, stride"),
    ("[axes]\nkernel = [3]\n  kern = [1]", "line 3, column 3", "'kern'", "kernel, stride"),
    # A value that is not allowed.
    ("[axes]\nstride = [1]\nkernel = [3, 0]", "line 3, column 1", "0", "at least 1"),
    ("[axes]\n    padding = ['sane']", "line 2, column 5", "'sane'", "same, valid"),
    ("[axes]\nkernel = [3, 3]", "line 2, column 1", "3, 3", "twice"),
    ("[axes]\nkernel = []", "line 2, column 1", "no values", "at least 1"),
    ("seed = 1\naxes = { kernel = [0] }", "line 2", "0", "at least 1"),
    ("seed = 1\naxes.kernel = [0]", "line 2", "0", "at least 1"),
    ("seed = 1\n[axes]\n'kernel' = [0]", "line 3", "0", "at least 1"),
    ("base = 'mb1ic3'", "line 1, column 1", "oc is missing", "mb1ic64ih56oc64kh3ph1"),
    ("base = 'mb1ic3ih4oc3kh9'", "line 1, column 1", "kernel spans 9", "at most 4"),
    ("seed = 1\ndesign = 'factorial'", "line 2, column 1", "'factorial'", "one-at-a-time, product"),
    ("precisions = ['fp32', 'fp8']", "line 1, column 1", "'fp8'", "fp64, fp32"),
    ("layouts = ['nchw', 'chwn']", "line 1, column 1", "'chwn'", "nchw, nhwc"),
    ("devices = ['tpu']", "line 1, column 1", "'tpu'", "cpu, cuda"),
    ("max_seconds = 0", "line 1, column 1", "0", "positive"),
    ("max_seconds = -1.5", "line 1, column 1", "-1.5", "positive"),
    ("max_seconds = nan", "line 1, column 1", "nan", "positive"),
    ("max_seconds = inf", "line 1, column 1", "inf", "positive"),
    ("target_rel_ci = 0.0", "line 1, column 1", "0.0", "positive"),
    ("target_rel_ci = nan", "line 1, column 1", "nan", "positive"),
    ("seed = -1", "line 1, column 1", "-1", "at least 0"),
    ("devices = []", "line 1, column 1", "[]", '["a", "b"]'),
    # A value of a wrong type.
    ("base = 3", "line 1, column 1", "3 is not text", "quotes"),
    ("max_seconds = 'long'", "line 1, column 1", "'long'", "positive"),
    ("max_seconds = true", "line 1, column 1", "True", "positive"),
    ("seed = 1.5", "line 1, column 1", "1.5", "whole number"),
    ("seed = true", "line 1, column 1", "True", "whole number"),
    ("bias = 1", "line 1, column 1", "1", "true nor false"),
    ("implementations = 'torch'", "line 1, column 1", "'torch'", '["a", "b"]'),
    ("implementations = [1]", "line 1, column 1", "1 is not text", "quotes"),
    ("precisions = [['fp32']]", "line 1, column 1", "['fp32']", "fp64, fp32"),
    ("axes = [3]", "line 1, column 1", "[3]", "[axes]"),
    ("[axes]\nkernel = 3", "line 2, column 1", "3", "[1, 3, 5]"),
    ("[axes]\nkernel = [3.5]", "line 2, column 1", "3.5", "at least 1"),
    ("[axes]\nkernel = [[3, 5]]", "line 2, column 1", "[3, 5]", "at least 1"),
    ("[axes]\nkernel = [true]", "line 2, column 1", "True", "at least 1"),
    ("[axes]\nbias = [true]", "line 2, column 1", "True", "0 or 1"),
    # A key of the same name at the top level.
    ("bias = true\n[axes]\nbias = [2]", "line 3, column 1", "2", "0 or 1"),
    ("bias = true\n[ axes ]\n  bias = [2]", "line 3, column 3", "2", "0 or 1"),
    ("[axes]\nstride = [1979-05-27]", "line 2, column 1", "1979", "at least 1"),
    ("[axes.kernel]\nvalues = [3]", "line 1, column 1", "values", "[1, 3, 5]"),
]


@pytest.mark.parametrize(("text", "place", "given", "allowed"), BAD, ids=[b[0].replace("\n", "/") for b in BAD])
def test_an_error_is_named_with_file_line_and_column(text: str, place: str, given: str, allowed: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "bad", "bad.toml")
    message = str(caught.value)
    assert message.startswith("bad.toml")
    assert place in message
    assert given in message
    assert allowed in message
    assert "\n" not in message


@pytest.mark.parametrize("name", built_in_names())
def test_built_in_sweeps_are_read(name: str) -> None:
    config = load(name)
    assert config.name == name
    assert config.axes or config.include
    assert config.max_seconds > 0


@pytest.mark.parametrize("name", layers.built_in_names())
def test_a_layer_set_is_a_sweep_of_its_own(name: str) -> None:
    assert load(name) == Config(name=name, layers=(name,))


@pytest.mark.parametrize("suffix", [".txt", ".csv"])
def test_a_layer_file_is_a_sweep_of_its_own(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mine{suffix}"
    path.touch()
    assert load(str(path)) == Config(name="mine", layers=(str(path),))


def test_a_configuration_has_the_name_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "mb1ic3ih8oc4kh3"\nseed = 5')
    assert load(str(path)) == Config(name="mine", base="mb1ic3ih8oc4kh3", seed=5)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("quikc", "did you mean 'quick'?"),
        ("resnet50", "did you mean 'resnet-50'?"),
        ("nowhere.toml", "a .toml, .txt, .csv, .log or .json file"),
        ("nowhere.csv", "a .toml, .txt, .csv, .log or .json file"),
        ("", "allowed: channels, crossover, data, full"),
        ("/", "allowed: channels, crossover, data, full"),
        ("../builtin/quick", "allowed: channels, crossover, data, full"),
    ],
)
def test_an_unknown_sweep_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(name)
    assert name in str(caught.value)
    assert hint in str(caught.value)


def test_a_file_that_is_no_text_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"seed = \xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        load(str(path))


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (Axis("kernel", (7,)), ["kernel (7,)", "stride (1, 2)"]),
        (Axis("size", (9, 8)), ["kernel (3,)", "stride (1, 2)", "size (9, 8)"]),
    ],
)
def test_an_axis_is_replaced_or_added(axis: Axis, expected: list[str]) -> None:
    config = Config(name="x", axes=(Axis("kernel", (3,)), Axis("stride", (1, 2))))
    assert [f"{a.name} {a.values}" for a in config.with_axis(axis).axes] == expected
    assert [a.values for a in config.axes] == [(3,), (1, 2)]


def test_defaults_are_finite() -> None:
    config = Config(name="x")
    assert all(math.isfinite(v) and v > 0 for v in (config.max_seconds, config.target_rel_ci))


def test_a_budget_that_is_no_duration_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"mine\.toml, line 2, column 1: '10 days' is not a duration above 0; allowed: 90"
    ):
        parse('base = "mb1ic8ih14oc8kh3ph1"\nbudget = "10 days"', "mine", "mine.toml")


def test_a_run_of_a_time_without_visits_had_one_of_each_process() -> None:
    plain = {key: value for key, value in Config(name="old").as_dict().items() if key != "visits"}
    assert Config.from_dict(plain).visits == 1
    assert Config.from_dict(Config(name="new").as_dict()).visits == 3
