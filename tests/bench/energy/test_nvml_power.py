"""The integral of the power of a forged GPU, sampled in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pynvml
import pytest

from bench.energy.meter import MeterError, Reading
from bench.energy.nvml import find
from bench.energy.nvml_power import INSTANT, USAGE, Integral, PowerMeter, open_power
from bench.energy.period import update_period
from bench.energy.window import Setup, aligned
from tests.bench.energy.forged_gpu import ForgedGpu

# An interval so long that the background thread takes no sample.
NEVER_S = 3_600.0


@pytest.mark.parametrize(
    ("samples", "joules"),
    [([], 0), ([(1, 100)], 100), ([(1, 300)], 200), ([(1, 300), (2, 100)], 400)],
)
def test_the_integral_is_the_sum_of_trapezoids(samples: list[tuple[float, float]], joules: float) -> None:
    integral = Integral(0.0, 100.0)
    for sample in samples:
        integral.add(*sample)
    assert integral.joules == pytest.approx(joules)


def test_the_integral_moves_with_each_sample(gpu: ForgedGpu) -> None:
    meter = open_power(clock=gpu.clock, interval_s=NEVER_S)
    before = len(gpu.requested)
    seen = []
    for number in range(4):
        gpu.now_s += 0.5
        if number == 1:
            meter._take()
        reading = meter.read()
        seen += [reading.time_s - 1_000.0, reading.joules["gpu-board"]]
    assert seen == pytest.approx([0.5, 0, 1.0, 300, 1.5, 300, 2.0, 300])
    # Readings do not call the driver: the only request is the sample.
    assert len(gpu.requested) == before + 1
    meter.close()
    assert gpu.users == 0


class Sampled:
    """A power meter sampled every `every_s` on the forged GPU's clock, which readings also advance."""

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
    """The measured period is that of the samples, and edges are as sharp as a counter's."""
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
def test_the_best_supported_power_is_read(gpu: ForgedGpu, unanswered: tuple[str, ...], detail: str) -> None:
    gpu.refuses = dict.fromkeys(unanswered, pynvml.NVML_ERROR_NOT_SUPPORTED)
    meter = open_power(clock=gpu.clock, interval_s=NEVER_S)
    assert (meter.detail, meter.conditions()["power_reading"]) == (detail, detail)
    meter.close()


def test_a_power_of_zero_means_no_sensor(gpu: ForgedGpu) -> None:
    gpu.power_w = 0.0
    found = find()[1]
    assert not found.available
    assert "no power sensor" in str(found.why_not)


def _sampled(gpu: ForgedGpu, change: Callable[[], None]) -> PowerMeter:
    """A meter whose background thread has ended after a change in the driver."""
    meter = open_power(clock=gpu.clock, interval_s=1e-4)
    change()
    meter._thread.join(10)
    assert not meter._thread.is_alive()
    return meter


def test_an_error_in_the_background_is_raised_by_the_next_reading(gpu: ForgedGpu) -> None:
    meter = _sampled(gpu, lambda: gpu.refuses.update(nvmlDeviceGetFieldValues=pynvml.NVML_ERROR_GPU_IS_LOST))
    for _ in range(2):
        with pytest.raises(MeterError, match="the GPU is lost"):
            meter.read()
    meter.close()


def test_the_background_samples_until_the_meter_is_closed(gpu: ForgedGpu) -> None:
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


def test_a_hanging_driver_is_an_error(gpu: ForgedGpu) -> None:
    meter = open_power(clock=gpu.clock, interval_s=NEVER_S)
    gpu.now_s += 60
    with pytest.raises(MeterError, match=r"no power for 60\.0 s"):
        meter.read()
    meter.close()
