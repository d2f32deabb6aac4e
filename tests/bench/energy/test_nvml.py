"""Counter and power integral of a GPU, behind pynvml's own names."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psutil
import pynvml
import pytest

from bench.energy.meter import MeterError, Reading
from bench.energy.nvml import CounterMeter, find, open_counter
from bench.energy.nvml_device import open_device
from bench.energy.nvml_power import INSTANT, USAGE, Integral, PowerMeter, open_power
from bench.energy.period import update_period
from bench.energy.window import Setup, aligned
from tests.bench.energy.forged_gpu import ForgedGpu, gpu

__all__ = ["gpu"]
# So long between samples that the background takes none.
NEVER_S = 3_600.0
FIELD_INSTANT = pynvml.NVML_FI_DEV_POWER_INSTANT


@pytest.fixture
def counter(gpu: ForgedGpu) -> CounterMeter:
    return open_counter(clock=gpu.clock)


def test_the_counter_steps(gpu: ForgedGpu, counter: CounterMeter) -> None:
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


def test_a_counter_that_was_reset(gpu: ForgedGpu, counter: CounterMeter) -> None:
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
def test_the_driver_refuses_mid_run(gpu: ForgedGpu, counter: CounterMeter, code: int, says: str) -> None:
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
def test_why_there_is_no_counter(gpu: ForgedGpu, function: str, code: int, says: str, remedy: str | None) -> None:
    gpu.refuses[function] = code
    found = find()[0]
    assert (found.available, found.scopes, found.open) == (False, (), None)
    assert says in str(found.why_not)
    assert found.remedy is None if remedy is None else remedy in str(found.remedy)
    assert gpu.users == 0


def test_without_the_energy_call_there_is_the_power(gpu: ForgedGpu) -> None:
    gpu.refuses["nvmlDeviceGetTotalEnergyConsumption"] = pynvml.NVML_ERROR_NOT_SUPPORTED
    counter, power = find()
    assert (counter.available, power.available, power.method) == (False, True, "power_integral")
    assert gpu.users == 0


def test_no_claim_is_made_for_a_mig_instance(gpu: ForgedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_gpu_that_is_not_shown(gpu: ForgedGpu, monkeypatch: pytest.MonkeyPatch, visible: str, says: str) -> None:
    gpu.names = ("NVIDIA H100", "NVIDIA H100")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with pytest.raises(MeterError, match=says):
        open_device()
    assert gpu.users == 0


def test_an_index_among_unlike_gpus(gpu: ForgedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu.names = ("NVIDIA T4", "NVIDIA H100")
    with pytest.raises(MeterError, match="number differently"):
        open_device()
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    assert open_device().name == "NVIDIA T4"


@pytest.mark.parametrize(
    ("name", "scope", "field"),
    [
        ("NVIDIA H200", "gpu-board", FIELD_INSTANT),
        ("NVIDIA GH200 480GB", "module", (FIELD_INSTANT, pynvml.NVML_POWER_SCOPE_MODULE)),
        ("NVIDIA GB200", "module", (FIELD_INSTANT, pynvml.NVML_POWER_SCOPE_MODULE)),
    ],
)
def test_what_the_sensor_covers(gpu: ForgedGpu, name: str, scope: str, field: Any) -> None:
    gpu.names = (name,)
    counter, power = find()
    assert (counter.scopes, power.scopes) == ((scope,), (scope,))
    assert gpu.asked[0] == field


def test_conditions(gpu: ForgedGpu, counter: CounterMeter) -> None:
    gpu.throttle_bits = pynvml.nvmlClocksThrottleReasonSwPowerCap | pynvml.nvmlClocksThrottleReasonHwThermalSlowdown
    assert counter.conditions() == {
        "clocks_hz": {"sm": 1.98e9, "memory": 2.619e9},
        "p_state": "P0",
        "throttle_reasons": "power-cap,hardware-thermal",
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
        # In a container these are the host's numbers: whose they are cannot be known.
        ([], None),
        (["stranger"], None),
        (["sibling"], None),
    ],
)
def test_workers_of_one_sweep_are_not_others_to_each_other(
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
def test_what_is_not_supported_is_absent(gpu: ForgedGpu, counter: CounterMeter, function: str, key: str) -> None:
    assert key in counter.conditions()
    gpu.refuses[function] = pynvml.NVML_ERROR_NOT_SUPPORTED
    assert key not in counter.conditions()


def test_throttle_reasons_by_their_older_name(gpu: ForgedGpu, counter: CounterMeter) -> None:
    gpu.refuses["nvmlDeviceGetCurrentClocksEventReasons"] = pynvml.NVML_ERROR_FUNCTION_NOT_FOUND
    assert counter.conditions()["throttle_reasons"] == ""
    gpu.refuses["nvmlDeviceGetCurrentClocksThrottleReasons"] = pynvml.NVML_ERROR_NOT_SUPPORTED
    assert "throttle_reasons" not in counter.conditions()


def test_a_lost_gpu_has_no_conditions(gpu: ForgedGpu, counter: CounterMeter) -> None:
    gpu.refuses["nvmlDeviceGetTemperature"] = pynvml.NVML_ERROR_GPU_IS_LOST
    with pytest.raises(MeterError, match="lost"):
        counter.conditions()


@pytest.mark.parametrize(
    ("samples", "joules"),
    [([], 0), ([(1, 100)], 100), ([(1, 300)], 200), ([(1, 300), (2, 100)], 400)],
)
def test_trapezoids(samples: list[tuple[float, float]], joules: float) -> None:
    integral = Integral(0.0, 100.0)
    for sample in samples:
        integral.add(*sample)
    assert integral.joules == pytest.approx(joules)


def test_the_integral_moves_when_a_sample_comes(gpu: ForgedGpu) -> None:
    meter = open_power(clock=gpu.clock, interval_s=NEVER_S)
    asked = len(gpu.asked)
    seen = []
    for number in range(4):
        gpu.now_s += 0.5
        if number == 1:
            meter._take()
        reading = meter.read()
        seen += [reading.time_s - 1_000.0, reading.joules["gpu-board"]]
    assert seen == pytest.approx([0.5, 0, 1.0, 300, 1.5, 300, 2.0, 300])
    # No reading waits for the driver: what was asked is the one sample.
    assert len(gpu.asked) == asked + 1
    meter.close()
    assert gpu.users == 0


class Sampled:
    """A power meter whose samples come every `every_s` of the forged GPU's own clock; readings take a while of it."""

    def __init__(self, gpu: ForgedGpu, every_s: float) -> None:
        self.gpu, self.every_s = gpu, every_s
        self.meter = open_power(clock=gpu.clock, interval_s=NEVER_S)
        self.next_s = gpu.now_s + every_s
        self.source, self.method, self.device = self.meter.source, self.meter.method, self.meter.device
        self.scopes, self.gain_rel = self.meter.scopes, self.meter.gain_rel
        self.conditions, self.close = self.meter.conditions, self.meter.close
        self.calls = 0

    def read(self) -> Reading:
        self.spend(20e-6)
        return self.meter.read()

    def spend(self, seconds: float) -> None:
        end_s = self.gpu.now_s + seconds
        while self.next_s <= end_s:
            self.gpu.now_s = self.next_s
            self.meter._take()
            self.next_s += self.every_s
        self.gpu.now_s = end_s

    def advance(self, pace_s: float) -> int:
        self.spend(1e-4)
        self.calls += 1
        return self.calls

    def finish(self) -> None:
        pass


@pytest.mark.parametrize("every_s", [0.02, 0.1])
def test_windows_on_sampled_power_end_at_samples(gpu: ForgedGpu, every_s: float) -> None:
    """The period that is measured is that of the samples, and edges are as sharp as a counter's."""
    sampled = Sampled(gpu, every_s)
    period = update_period(sampled, gpu.clock)
    assert period.tau_s == pytest.approx(every_s, rel=0.01)
    setup = Setup(sampled, period, gpu.clock)
    window = aligned(setup, sampled, 19.5 * every_s)
    assert window.window_s == pytest.approx(20 * every_s, abs=setup.poll_s)
    assert window.energy_j["gpu-board"] == pytest.approx(300 * 20 * every_s)
    assert window.calls == pytest.approx(window.window_s / 1e-4, rel=0.02)
    assert all(0 < d <= 2 * setup.poll_s for d in window.delta_s["gpu-board"])
    sampled.close()


@pytest.mark.parametrize(
    ("unanswered", "detail"),
    [((), INSTANT), (("POWER_INSTANT",), USAGE), (("nvmlDeviceGetFieldValues",), USAGE)],
)
def test_which_power_is_read(gpu: ForgedGpu, unanswered: tuple[str, ...], detail: str) -> None:
    gpu.refuses = dict.fromkeys(unanswered, pynvml.NVML_ERROR_NOT_SUPPORTED)
    meter = open_power(clock=gpu.clock, interval_s=NEVER_S)
    assert (meter.detail, meter.conditions()["power_reading"]) == (detail, detail)
    meter.close()


def test_no_watts_are_no_zero(gpu: ForgedGpu) -> None:
    gpu.power_w = 0.0
    found = find()[1]
    assert not found.available
    assert "no power sensor" in str(found.why_not)


def _sampled(gpu: ForgedGpu, change: Callable[[], None]) -> PowerMeter:
    """A meter whose background has ended by itself after a change in the driver."""
    meter = open_power(clock=gpu.clock, interval_s=1e-4)
    change()
    meter._thread.join(10)
    assert not meter._thread.is_alive()
    return meter


def test_an_error_in_the_background_comes_with_the_next_reading(gpu: ForgedGpu) -> None:
    meter = _sampled(gpu, lambda: gpu.refuses.update(nvmlDeviceGetFieldValues=pynvml.NVML_ERROR_GPU_IS_LOST))
    for _ in range(2):
        with pytest.raises(MeterError, match="the GPU is lost"):
            meter.read()
    meter.close()


def test_the_background_samples_until_it_is_closed(gpu: ForgedGpu) -> None:
    meter = open_power(clock=gpu.clock, interval_s=1e-4)
    sampled = threading.Event()

    def clock() -> float:
        sampled.set()
        return gpu.now_s

    meter._clock = clock
    assert sampled.wait(10)
    meter.close()
    assert not meter._thread.is_alive()
    meter.close()
    assert gpu.users == 0


def test_a_driver_that_hangs_is_told(gpu: ForgedGpu) -> None:
    meter = open_power(clock=gpu.clock, interval_s=NEVER_S)
    gpu.now_s += 60
    with pytest.raises(MeterError, match=r"no power for 60\.0 s"):
        meter.read()
    meter.close()


def test_the_library_has_the_names_that_are_forged(monkeypatch: pytest.MonkeyPatch) -> None:
    # monkeypatch.setattr refuses a name that is not there.
    ForgedGpu().install(monkeypatch)
    assert pynvml.NVML_PSTATE_UNKNOWN == 32
