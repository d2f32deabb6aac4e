"""Settings of before are kept as text and put back; what cannot be is named with the command for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.tuning.before import Before, put_back
from tests.bench.tuning import forged_nvml as nvml
from tests.bench.tuning.forged_machine import ForgedDriver, ForgedProcessors


def test_settings_pass_a_pipe_unchanged() -> None:
    before = Before((("/sys/a", "powersave"), ("/sys/b", "balance")), nvml.UUID, 650_000, unlock_clock=True)
    assert Before.from_json(before.to_json()) == before
    assert "\n" not in before.to_json()


def test_everything_is_put_back(processors: ForgedProcessors, driver: ForgedDriver) -> None:
    files = tuple((str(processors.folder(n) / "scaling_governor"), "powersave") for n in processors.numbers)
    processors.write("performance")
    driver.nvml.write(power_limit_mw=200_000, locked_mhz=[1200, 1200])
    assert put_back(Before(files, nvml.UUID, 650_000, unlock_clock=True), driver.nvml) == []
    assert processors.read() == ["powersave", "powersave"]
    assert (driver.limit_mw, driver.locked_mhz) == (650_000, None)


def test_a_setting_that_was_not_changed_is_left_alone(processors: ForgedProcessors, driver: ForgedDriver) -> None:
    file = processors.folder(0) / "scaling_governor"
    written = file.stat().st_mtime_ns
    assert put_back(Before(((str(file), "powersave"),), nvml.UUID), driver.nvml) == []
    assert (file.stat().st_mtime_ns, driver.calls) == (written, [])


def test_a_failure_stops_nothing_else_and_says_what_to_type(tmp_path: Path, driver: ForgedDriver) -> None:
    good = tmp_path / "good"
    good.write_text("performance\n")
    driver.nvml.write(power_limit_mw=200_000)
    driver.refuse("nvmlDeviceResetGpuLockedClocks", nvml.NVML_ERROR_GPU_IS_LOST)
    files = ((str(tmp_path / "gone"), "powersave"), (str(good), "powersave"))
    clock, file = put_back(Before(files, nvml.UUID, 650_000, unlock_clock=True), driver.nvml)
    assert clock.startswith("a setting of Forged H100 was not put back (the GPU is lost")
    assert clock.endswith(f"to put it back: sudo nvidia-smi -i {nvml.UUID} -rgc")
    assert f"sudo sh -c 'echo powersave > {tmp_path / 'gone'}'" in file
    assert (good.read_text().strip(), driver.limit_mw) == ("powersave", 650_000)


def test_a_driver_that_is_gone_is_named_with_all_commands(driver: ForgedDriver) -> None:
    driver.refuse("nvmlInit", nvml.NVML_ERROR_DRIVER_NOT_LOADED)
    (said,) = put_back(Before((), nvml.UUID, 650_000, unlock_clock=True), driver.nvml)
    assert said.endswith(f"sudo nvidia-smi -i {nvml.UUID} -rgc && sudo nvidia-smi -i {nvml.UUID} -pl 650")


@pytest.mark.parametrize("limit_mw", [None, 650_000])
def test_a_power_limit_is_put_back_only_where_it_was_read(driver: ForgedDriver, limit_mw: int | None) -> None:
    put_back(Before((), nvml.UUID, limit_mw), driver.nvml)
    assert len(driver.calls) == (0 if limit_mw is None else 1)
