"""The device of a measurement is found among forged GPUs, and its conditions are read."""

from __future__ import annotations

import os
from types import SimpleNamespace

import psutil
import pynvml
import pytest

from bench.energy.meter import MeterError
from bench.energy.nvml import CounterMeter, find
from bench.energy.nvml_device import open_device
from tests.bench.energy.forged_gpu import ForgedGpu


def test_mig_instances_have_no_energy(gpu: ForgedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu.mig = True
    assert ["MIG" in str(found.why_not) for found in find()] == [True, True]
    gpu.mig = False
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-1234")
    assert ["MIG" in str(found.why_not) for found in find()] == [True, True]


@pytest.mark.parametrize(
    ("uuid", "visible", "index"),
    [
        (None, None, 0),
        (None, "1", 1),
        (None, "1,0", 1),
        (None, "GPU-1aaa-bbb", 1),
        (None, "GPU-1a", 1),
        ("GPU-1aaa-bbb", "0", 1),
        ("1aaa-bbb", None, 1),
    ],
)
def test_torchs_device_0_is_found(
    gpu: ForgedGpu, monkeypatch: pytest.MonkeyPatch, uuid: str | None, visible: str | None, index: int
) -> None:
    gpu.names = ("NVIDIA H100", "NVIDIA H100")
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert open_device(uuid).uuid == gpu.uuid(index)


@pytest.mark.parametrize(
    ("visible", "says"),
    [
        ("", "shows no GPU"),
        ("-1", "shows no GPU"),
        ("GPU-", "2 GPUs have a UUID"),
        ("GPU-9", "0 GPUs"),
        ("7", "no such GPU"),
    ],
)
def test_a_gpu_that_is_not_visible_is_refused(
    gpu: ForgedGpu, monkeypatch: pytest.MonkeyPatch, visible: str, says: str
) -> None:
    gpu.names = ("NVIDIA H100", "NVIDIA H100")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with pytest.raises(MeterError, match=says):
        open_device()
    assert gpu.users == 0


def test_an_index_among_different_gpus_is_refused(gpu: ForgedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu.names = ("NVIDIA T4", "NVIDIA H100")
    with pytest.raises(MeterError, match="number differently"):
        open_device()
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    assert open_device().name == "NVIDIA T4"


def test_all_conditions_are_read(gpu: ForgedGpu, counter: CounterMeter) -> None:
    gpu.throttle_bits = pynvml.nvmlClocksThrottleReasonSwPowerCap | pynvml.nvmlClocksThrottleReasonHwThermalSlowdown
    assert counter.conditions() == {
        "clocks_hz": {"sm": 1.98e9, "memory": 2.619e9},
        "p_state": "P0",
        "throttle_reasons": ["power-cap", "hardware-thermal"],
        "temperature_c": 41,
        "power_limit_w": 700,
        "persistence": True,
        "driver": "570.86.15",
        "other_processes": 2,
    }


@pytest.mark.parametrize(
    ("pids", "others"),
    [
        (["own"], 0),
        (["own", "parent", "sibling", "another sibling"], 0),
        (["own", "sibling", "stranger", "ended"], 2),
        # In a container these are the host's numbers: their owners are unknown.
        ([], None),
        (["stranger"], None),
        (["sibling"], None),
    ],
)
def test_workers_of_one_sweep_are_not_other_processes(
    gpu: ForgedGpu,
    counter: CounterMeter,
    monkeypatch: pytest.MonkeyPatch,
    pids: list[str],
    others: int | None,
) -> None:
    number = {"own": 70, "parent": 7, "sibling": 71, "another sibling": 72, "stranger": 80, "ended": 81}
    parents = {70: 7, 7: 1, 71: 7, 72: 7, 80: 1}

    def process(pid: int) -> SimpleNamespace:
        if pid not in parents:
            raise psutil.NoSuchProcess(pid)
        return SimpleNamespace(ppid=lambda: parents[pid])

    monkeypatch.setattr(os, "getpid", lambda: 70)
    monkeypatch.setattr(os, "getppid", lambda: 7)
    monkeypatch.setattr(psutil, "Process", process)
    gpu.pids = [number[name] for name in pids]
    assert counter.conditions().get("other_processes") == others


@pytest.mark.parametrize(
    ("function", "key"),
    [
        ("nvmlDeviceGetClockInfo", "clocks_hz"),
        ("nvmlDeviceGetPerformanceState", "p_state"),
        ("nvmlDeviceGetTemperature", "temperature_c"),
        ("nvmlDeviceGetEnforcedPowerLimit", "power_limit_w"),
        ("nvmlDeviceGetPersistenceMode", "persistence"),
        ("nvmlDeviceGetComputeRunningProcesses", "other_processes"),
        ("nvmlSystemGetDriverVersion", "driver"),
    ],
)
def test_unsupported_conditions_are_left_out(gpu: ForgedGpu, counter: CounterMeter, function: str, key: str) -> None:
    assert key in counter.conditions()
    gpu.refuses[function] = pynvml.NVML_ERROR_NOT_SUPPORTED
    assert key not in counter.conditions()


def test_older_drivers_report_throttle_reasons_by_another_name(gpu: ForgedGpu, counter: CounterMeter) -> None:
    gpu.refuses["nvmlDeviceGetCurrentClocksEventReasons"] = pynvml.NVML_ERROR_FUNCTION_NOT_FOUND
    assert counter.conditions()["throttle_reasons"] == []
    gpu.refuses["nvmlDeviceGetCurrentClocksThrottleReasons"] = pynvml.NVML_ERROR_NOT_SUPPORTED
    assert "throttle_reasons" not in counter.conditions()


def test_a_lost_gpu_has_no_conditions(gpu: ForgedGpu, counter: CounterMeter) -> None:
    gpu.refuses["nvmlDeviceGetTemperature"] = pynvml.NVML_ERROR_GPU_IS_LOST
    with pytest.raises(MeterError, match="lost"):
        counter.conditions()


def test_pynvml_has_the_forged_names(monkeypatch: pytest.MonkeyPatch) -> None:
    # monkeypatch.setattr refuses a name that does not exist.
    ForgedGpu().install(monkeypatch)
    assert pynvml.NVML_PSTATE_UNKNOWN == 32
