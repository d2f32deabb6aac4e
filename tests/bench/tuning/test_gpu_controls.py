"""The clock and the power limit of a forged GPU: what is allowed, set and refused."""

from __future__ import annotations

import pytest

from bench.energy.availability import Unavailable
from bench.tuning.gpu_controls import GpuControls, NotPermitted, open_controls
from tests.bench.tuning import forged_nvml as nvml
from tests.bench.tuning.forged_machine import ForgedDriver

SET_LIMIT, SET_CLOCK = "nvmlDeviceSetPowerManagementLimit", "nvmlDeviceSetGpuLockedClocks"


@pytest.fixture
def gpu(driver: ForgedDriver) -> GpuControls:
    return open_controls(nvml=driver.nvml)


def test_what_is_allowed_is_asked_of_the_driver(gpu: GpuControls) -> None:
    assert gpu.clocks_mhz() == (210, 1200, 1500, 1980)
    assert gpu.power_limits_w() == (200.0, 700.0)
    assert (gpu.power_limit_mw(), gpu.uuid, gpu.name) == (650_000, nvml.UUID, "Forged H100")


def test_a_clock_is_locked_to_one_value_and_unlocked(gpu: GpuControls, driver: ForgedDriver) -> None:
    gpu.lock_clock(1200)
    gpu.limit_power(300_000)
    assert (driver.locked_mhz, driver.limit_mw) == ([1200, 1200], 300_000)
    gpu.unlock_clock()
    assert driver.locked_mhz is None


def test_trying_the_permission_changes_nothing(gpu: GpuControls, driver: ForgedDriver) -> None:
    gpu.require_permission_for_power()
    gpu.require_permission_for_clock()
    assert (driver.limit_mw, driver.locked_mhz) == (650_000, None)
    assert driver.calls == [[SET_LIMIT, 650_000]] * 2


def test_without_permission_the_sentence_says_what_it_takes(gpu: GpuControls, driver: ForgedDriver) -> None:
    driver.refuse(SET_LIMIT, nvml.NVML_ERROR_NO_PERMISSION)
    for require in (gpu.require_permission_for_power, gpu.require_permission_for_clock):
        with pytest.raises(NotPermitted, match=f"lets only root set clocks and power limits .{SET_LIMIT}") as caught:
            require()
        assert "run convcost as root (sudo)" in str(caught.value.remedy)


def test_a_gpu_without_a_power_limit_may_still_have_its_clock_locked(gpu: GpuControls, driver: ForgedDriver) -> None:
    driver.refuse("nvmlDeviceGetPowerManagementLimit", nvml.NVML_ERROR_NOT_SUPPORTED)
    gpu.require_permission_for_clock()
    with pytest.raises(Unavailable, match="does not support it"):
        gpu.require_permission_for_power()


def test_other_errors_keep_their_own_sentence(gpu: GpuControls, driver: ForgedDriver) -> None:
    driver.refuse(SET_CLOCK, nvml.NVML_ERROR_GPU_IS_LOST)
    with pytest.raises(Unavailable, match="the GPU is lost"):
        gpu.lock_clock(1200)


@pytest.mark.parametrize("empty", ["CLOCKS_MHZ", "MEMORY_MHZ"])
def test_a_gpu_without_a_list_of_clocks_cannot_be_locked(
    gpu: GpuControls, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    monkeypatch.setattr(nvml, empty, ())
    with pytest.raises(Unavailable, match="the driver lists no clock to which Forged H100 could be locked"):
        gpu.clocks_mhz()
