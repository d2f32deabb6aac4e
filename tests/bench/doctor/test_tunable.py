"""Settings of clock and power that could be axes, on forged machines: what is allowed, and what it takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.doctor import tunable
from bench.doctor.finding import Rating
from bench.doctor.system import System
from bench.tuning import governors
from tests.bench.tuning import forged_nvml as nvml
from tests.bench.tuning.forged_machine import ForgedDriver, ForgedProcessors


def test_what_may_be_set_is_told_with_its_values(
    processors: ForgedProcessors, driver: ForgedDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    # The doctor writes nothing, not even the limit that is there.
    driver.refuse("nvmlDeviceSetPowerManagementLimit", nvml.NVML_ERROR_GPU_IS_LOST)
    found = tunable.settings(System(processors.root), processors.numbers, driver.nvml)
    assert [(one.name, one.value, one.verdict) for one in found] == [
        ("set gpu_clock", "may be an axis: 210 to 1980 MHz, 4 clocks", Rating.FINE),
        ("set power_limit", "may be an axis: 200 to 700 W", Rating.FINE),
        ("set governor", "may be an axis: performance, powersave", Rating.FINE),
    ]
    assert (driver.limit_mw, driver.locked_mhz, processors.read()) == (650_000, None, ["powersave", "powersave"])


def test_without_permission_the_remedy_says_what_it_takes(
    processors: ForgedProcessors, driver: ForgedDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(governors.os, "access", lambda path, mode: not mode & os.W_OK)
    found = tunable.settings(System(processors.root), processors.numbers, driver.nvml)
    assert [one.verdict for one in found] == [Rating.MISSING] * 3
    assert all("run convcost as root" in str(one.remedy) for one in found)
    assert "200 to 700 W, but the NVIDIA driver lets only root set" in str(found[1].value)


def test_a_machine_without_such_settings_has_no_findings(tmp_path: Path, driver: ForgedDriver) -> None:
    driver.refuse("nvmlInit", nvml.NVML_ERROR_LIBRARY_NOT_FOUND)
    assert tunable.settings(System(tmp_path), (0, 1), driver.nvml) == []
