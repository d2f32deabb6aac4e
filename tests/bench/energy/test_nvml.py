"""The energy counter of a forged GPU, and the detection of its sensors."""

from __future__ import annotations

from typing import Any

import pynvml
import pytest

from bench.energy.meter import MeterError
from bench.energy.nvml import CounterMeter, find
from tests.bench.energy.forged_gpu import ForgedGpu

FIELD_INSTANT = pynvml.NVML_FI_DEV_POWER_INSTANT


def test_the_counter_moves_in_steps(gpu: ForgedGpu, counter: CounterMeter) -> None:
    seen = []
    for _ in range(5):
        seen.append(counter.read().joules["gpu-board"])
        gpu.now_s += 0.05
    assert seen == pytest.approx([0, 0, 30, 30, 60])
    assert (counter.source, counter.method, counter.device, counter.scopes) == (
        "nvml", "counter", "cuda", ("gpu-board",),
    )  # fmt: skip


def test_a_reading_is_stamped_with_the_clock(gpu: ForgedGpu, counter: CounterMeter) -> None:
    assert counter.read().time_s == gpu.now_s


def test_a_reset_counter_is_an_error(gpu: ForgedGpu, counter: CounterMeter) -> None:
    gpu.now_s += 1
    counter.read()
    gpu.reset_at_s = gpu.now_s
    gpu.now_s += 1
    with pytest.raises(MeterError, match="ran backwards"):
        counter.read()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (pynvml.NVML_ERROR_GPU_IS_LOST, "the GPU is lost"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "refuses permission"),
        (pynvml.NVML_ERROR_UNKNOWN, "NVML failed: Unknown Error"),
    ],
)
def test_errors_of_the_driver_are_explained(gpu: ForgedGpu, counter: CounterMeter, code: int, says: str) -> None:
    gpu.refuses["nvmlDeviceGetTotalEnergyConsumption"] = code
    with pytest.raises(MeterError, match=says):
        counter.read()


@pytest.mark.parametrize(
    ("function", "code", "says", "remedy"),
    [
        ("nvmlInit", pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "no NVIDIA driver here", None),
        ("nvmlInit", pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "driver is not loaded", "modprobe nvidia"),
        ("nvmlInit", pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "different versions", "restart"),
        ("nvmlDeviceGetHandleByIndex", pynvml.NVML_ERROR_NO_PERMISSION, "refuses permission", "run as root"),
        ("nvmlDeviceGetName", pynvml.NVML_ERROR_GPU_IS_LOST, "the GPU is lost", "dmesg"),
        ("nvmlDeviceGetTotalEnergyConsumption", pynvml.NVML_ERROR_NOT_SUPPORTED, "does not support it", None),
    ],
)
def test_a_missing_counter_has_a_reason_and_a_remedy(
    gpu: ForgedGpu, function: str, code: int, says: str, remedy: str | None
) -> None:
    gpu.refuses[function] = code
    found = find()[0]
    assert (found.available, found.scopes, found.open) == (False, (), None)
    assert says in str(found.why_not)
    assert found.remedy is None if remedy is None else remedy in str(found.remedy)
    assert gpu.users == 0


def test_without_a_counter_power_is_available(gpu: ForgedGpu) -> None:
    gpu.refuses["nvmlDeviceGetTotalEnergyConsumption"] = pynvml.NVML_ERROR_NOT_SUPPORTED
    counter, power = find()
    assert (counter.available, power.available, power.method) == (False, True, "power_integral")
    assert gpu.users == 0


@pytest.mark.parametrize(
    ("name", "scope", "field"),
    [
        ("NVIDIA H200", "gpu-board", FIELD_INSTANT),
        ("NVIDIA GH200 480GB", "module", (FIELD_INSTANT, pynvml.NVML_POWER_SCOPE_MODULE)),
        ("NVIDIA GB200", "module", (FIELD_INSTANT, pynvml.NVML_POWER_SCOPE_MODULE)),
    ],
)
def test_the_scope_is_the_board_or_the_module(gpu: ForgedGpu, name: str, scope: str, field: Any) -> None:
    gpu.names = (name,)
    counter, power = find()
    assert (counter.scopes, power.scopes) == ((scope,), (scope,))
    assert gpu.requested[0] == field
