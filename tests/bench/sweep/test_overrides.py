"""Overrides: options as they are typed, and their merge into a configuration."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from bench.energy.model import PowerModel
from bench.errors import UsageError
from bench.machine.processors import allotted_cores
from bench.sweep.axes import Axis
from bench.sweep.config import Config
from bench.sweep.overrides import Overrides, from_options

CONFIG = Config("mine", axes=(Axis("kernel", (3,)),), seed=5, budget_s=60.0, energy="all", precisions=("fp64",))


def test_no_overrides_leave_a_configuration_as_it_is() -> None:
    assert Overrides().merged_into(CONFIG) == CONFIG


@pytest.mark.parametrize(
    "given",
    [
        {"seed": 0},
        {"bias": True},
        {"max_seconds": 0.5, "budget_s": 10.0},
        {"implementations": ("direct",), "precisions": ("fp32", "bf16"), "layouts": ("nhwc",), "devices": ("cpu",)},
        {"data": ("zeros", "relu"), "weights": "integers"},
        {"energy": "none"},
        {"energy": "all", "energy_window_s": 2.0, "energy_windows": 9},
        {"cache": "cold", "malloc": "default", "processes": 1, "target_rel_ci": 0.05},
    ],
)
def test_given_values_replace_those_of_the_configuration(given: dict[str, Any]) -> None:
    merged = Overrides(**given).merged_into(CONFIG)
    expected = {f.name: getattr(CONFIG, f.name) for f in fields(Config)} | given
    assert {f.name: getattr(merged, f.name) for f in fields(Config)} == expected


def test_axes_replace_those_of_the_same_name_and_are_added_otherwise() -> None:
    merged = Overrides(axes=("kernel=1,5", "stride=[1,2]")).merged_into(CONFIG)
    assert merged.axes == (Axis("kernel", (1, 5)), Axis("stride", (1, 2)))


@pytest.mark.parametrize(
    ("given", "config", "message"),
    [
        (
            {"energy_windows": 9},
            {"energy": "none"},
            r"energy is measured \(energy none\); leave out --energy-windows",
        ),
        ({"energy_window_s": 2.0, "energy": "base"}, {"cache": "cold"}, "leave out --energy, --energy-window"),
        (
            {"threads": 2},
            {"axes": (Axis("threads", (1, 2)),)},
            "the axis threads sets it in every case; leave",
        ),
    ],
)
def test_values_that_a_configuration_makes_useless_are_refused(
    given: dict[str, Any], config: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Overrides(**given).merged_into(replace(CONFIG, **config))


@pytest.mark.parametrize("config", [Config("net", layers=("lenet-5",)), Config("all", include=("stride",))])
def test_a_layer_set_has_no_axes(config: Config) -> None:
    with pytest.raises(UsageError, match=f"{config.name} is a set of layers; leave out -a"):
        Overrides(axes=("kernel=3",)).merged_into(config)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_seconds": float("nan")}, "--max-seconds is nan; allowed: a finite number"),
        ({"energy_window_s": float("inf")}, "--energy-window is inf; allowed: a finite number"),
        ({"target_rel_ci": float("nan")}, "--target-ci is nan; allowed: a finite number"),
        ({"cache": "hot"}, "cache 'hot' is unknown; allowed: warm, cold"),
        ({"malloc": "fast"}, "malloc 'fast' is unknown; allowed: pinned, default"),
        ({"energy": "some"}, "energy 'some' is unknown; allowed: none, base, all"),
    ],
)
def test_impossible_values_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Overrides(**given)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, Overrides()),
        # An option that was not given is None, False or an empty list.
        ({"implementations": [], "precisions": None, "bias": False, "axes": [], "load": None}, Overrides()),
        ({"implementations": ["direct", "torch"]}, Overrides(implementations=("direct", "torch"))),
        ({"seed": 0, "threads": 1}, Overrides(seed=0, threads=1)),
        ({"budget": "1.5m", "step_timeout": "90"}, Overrides(budget_s=90.0, step_timeout_s=90.0)),
        ({"energy": "all"}, Overrides(energy="all")),
        ({"energy": "all", "no_energy": True}, Overrides(energy="none")),
        ({"axes": ["kernel=1"], "load": [Path("mine.py")]}, Overrides(axes=("kernel=1",), load=(Path("mine.py"),))),
    ],
)
def test_options_become_overrides(options: dict[str, Any], expected: Overrides) -> None:
    assert from_options(**options) == expected


def test_a_model_of_power_needs_three_figures() -> None:
    power = from_options(cpu_idle_w=0.0, cpu_max_w=180.0, cpu_cores=16).power
    assert isinstance(power, PowerModel)
    assert (power.idle_w, power.max_w, power.socket_cores, power.allotted) == (0.0, 180.0, 16, allotted_cores())
    for given in ({"cpu_idle_w": 60.0}, {"cpu_idle_w": 0.0, "cpu_max_w": 180.0}, {"cpu_cores": 16}):
        with pytest.raises(
            UsageError, match=r"a model of power needs --cpu-idle-w, --cpu-max-w and --cpu-cores .*, all three"
        ):
            from_options(**given)


@pytest.mark.parametrize("option", ["budget", "step_timeout"])
def test_text_that_is_no_duration_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match="'soon' is not a duration above 0; allowed: 90 or 90s"):
        from_options(**{option: "soon"})  # type: ignore[arg-type]


def test_settings_of_one_problem_are_axes_with_one_value() -> None:
    given = from_options(settings=["gpu_clock=1200", "governor=performance"])
    assert given == Overrides(axes=("gpu_clock=1200", "governor=performance"))
    assert given.merged_into(Config("measure")).axes == (
        Axis("gpu_clock", (1200,)), Axis("governor", ("performance",)),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["kernel=3", "gpu_clock=1200,1500"])
def test_other_settings_are_refused_with_the_allowed_ones(text: str) -> None:
    with pytest.raises(UsageError, match=f"--set {text} is no single setting .* allowed: gpu_clock=1200 .MHz."):
        from_options(settings=[text])
