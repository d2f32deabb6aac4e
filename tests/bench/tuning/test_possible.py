"""What can be set here is asked before a sweep: allowed values, missing rights, missing hardware. Nothing changes."""

from __future__ import annotations

import os

import pytest

from bench.errors import UsageError
from bench.tuning import governors
from bench.tuning.possible import possibilities, require_possible
from bench.tuning.value import Tuning
from tests.bench.tuning import forged_nvml as nvml
from tests.bench.tuning.forged_machine import ForgedDriver, ForgedProcessors

SET_LIMIT = "nvmlDeviceSetPowerManagementLimit"


def _require(tunings: list[Tuning], processors: ForgedProcessors, driver: ForgedDriver) -> None:
    require_possible(tunings, processors.root, processors.numbers, driver.nvml)


def test_values_that_are_allowed_pass_and_nothing_is_changed(
    processors: ForgedProcessors, driver: ForgedDriver
) -> None:
    _require([Tuning(), Tuning(1200, 300), Tuning(1500, 700, "performance")], processors, driver)
    assert processors.read() == ["powersave", "powersave"]
    assert (driver.limit_mw, driver.locked_mhz) == (650_000, None)


@pytest.mark.parametrize(
    ("tuning", "sentence"),
    [
        (Tuning(1207), r"gpu_clock has the value 1207; allowed on this machine: 210 to 1980 MHz, 4 clocks"),
        (Tuning(power_limit_w=900), "power_limit has the value 900; allowed on this machine: 200 to 700 W"),
        (
            Tuning(governor="schedutil"),
            "governor has the value schedutil; allowed on this machine: performance, powersave",
        ),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_what_is(
    processors: ForgedProcessors, driver: ForgedDriver, tuning: Tuning, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        _require([Tuning(1200, 300, "performance"), tuning], processors, driver)


def test_without_permission_the_error_says_what_it_takes(
    processors: ForgedProcessors, driver: ForgedDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.refuse(SET_LIMIT, nvml.NVML_ERROR_NO_PERMISSION)
    monkeypatch.setattr(governors.os, "access", lambda path, mode: not mode & os.W_OK)
    for tuning, name in ((Tuning(1200), "gpu_clock"), (Tuning(power_limit_w=300), "power_limit")):
        with pytest.raises(UsageError, match=f"{name} cannot be set here: the NVIDIA driver lets only root .*sudo"):
            _require([tuning], processors, driver)
    with pytest.raises(UsageError, match=r"governor cannot be set here: .*may not be written; run convcost as root"):
        _require([Tuning(governor="performance")], processors, driver)


def test_without_hardware_there_is_nothing_to_set(processors: ForgedProcessors, driver: ForgedDriver) -> None:
    driver.refuse("nvmlInit", nvml.NVML_ERROR_LIBRARY_NOT_FOUND)
    with pytest.raises(UsageError, match="gpu_clock cannot be set here: there is no NVIDIA driver here"):
        _require([Tuning(1200)], processors, driver)
    found = possibilities(root=processors.root, processors=(7,), nvml=driver.nvml)
    assert [(one.name, one.allowed) for one in found] == [
        ("gpu_clock", None), ("power_limit", None), ("governor", None),
    ]  # fmt: skip
    assert all(one.why_not for one in found)


def test_only_what_is_asked_for_is_looked_at(processors: ForgedProcessors, driver: ForgedDriver) -> None:
    driver.refuse("nvmlInit", nvml.NVML_ERROR_LIBRARY_NOT_FOUND)
    _require([Tuning(governor="performance")], processors, driver)
    _require([Tuning()], processors, driver)


def test_what_would_be_allowed_is_known_without_permission_too(
    processors: ForgedProcessors, driver: ForgedDriver
) -> None:
    driver.refuse(SET_LIMIT, nvml.NVML_ERROR_NO_PERMISSION)
    clock, limit, governor = possibilities(root=processors.root, processors=(0, 1), nvml=driver.nvml)
    assert (clock.allowed, limit.allowed) == ("210 to 1980 MHz, 4 clocks", "200 to 700 W")
    assert all("only root" in str(one.why_not) for one in (clock, limit))
    assert (governor.allowed, governor.why_not) == ("performance, powersave", None)


def test_clocks_in_equal_steps_are_told_as_such(
    processors: ForgedProcessors, driver: ForgedDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nvml, "CLOCKS_MHZ", (240, 225, 210))
    (clock,) = possibilities(["gpu_clock"], nvml=driver.nvml)
    assert clock.allowed == "210 to 240 MHz in steps of 15"
