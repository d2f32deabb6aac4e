"""Batches on a simulated device made of a queue and a clock."""

from __future__ import annotations

import pytest

from bench.energy.cuda_work import CudaWork
from bench.energy.meter import Method, Reading
from bench.energy.period import Period
from bench.energy.window import Setup, aligned


class _Device:
    """Runs calls of `one_s` one after the other; launches and queries take time on the host."""

    def __init__(self, one_s: float, launch_s: float = 5e-6) -> None:
        self.now_s = self.free_s = self.idle_s = 0.0
        self.one_s, self.launch_s = one_s, launch_s
        self.synchronised = 0

    def call(self) -> None:
        self.now_s += self.launch_s
        self.idle_s += max(0.0, self.now_s - self.free_s)
        self.free_s = max(self.free_s, self.now_s) + self.one_s

    def synchronize(self) -> None:
        self.synchronised += 1
        self.now_s = max(self.now_s, self.free_s)

    def Event(self, enable_timing: bool) -> _Event:
        assert enable_timing
        return _Event(self)


class _Event:
    def __init__(self, device: _Device) -> None:
        self._device = device
        self.at_s = 0.0

    def record(self) -> None:
        self.at_s = self._device.free_s

    def query(self) -> bool:
        self._device.now_s += 2e-6
        return self.at_s <= self._device.now_s

    def elapsed_time(self, end: _Event) -> float:
        return (end.at_s - self.at_s) * 1e3


class _Meter:
    source, method, device, scopes, gain_rel = "fake", Method.COUNTER, "cuda", ("board",), None

    def __init__(self, device: _Device) -> None:
        self._device = device

    def read(self) -> Reading:
        self._device.now_s += 20e-6
        return Reading(self._device.now_s, {"board": 300.0 * 0.02 * int(self._device.now_s / 0.02)})

    def conditions(self) -> dict[str, object]:
        return {}

    def close(self) -> None:
        pass


@pytest.mark.parametrize("one_s", [20e-6, 1e-3, 0.2])
def test_the_device_never_waits_for_the_host(one_s: float) -> None:
    device = _Device(one_s)
    work = CudaWork(device.call, device)
    while device.now_s < 2.0:
        completed = work.advance(1e-3)
    before = device.idle_s
    while device.now_s < 4.0:
        completed = work.advance(1e-3)
    assert device.idle_s == before
    assert completed == pytest.approx(device.now_s / one_s, abs=6e-3 / one_s + 2)


def test_finish_waits_for_all_calls_and_counts_them() -> None:
    device = _Device(1e-3)
    work = CudaWork(device.call, device)
    for _ in range(1000):
        work.advance(1e-3)
    work.finish()
    assert (device.synchronised, device.now_s) == (1, device.free_s)
    assert work.advance(1e-3) >= round((device.free_s - device.idle_s) / 1e-3) - 3


@pytest.mark.parametrize("one_s", [20e-6, 1e-3, 0.2])
def test_a_window_over_batches_counts_the_calls_between_its_edges(one_s: float) -> None:
    device = _Device(one_s)
    setup = Setup(_Meter(device), Period(0.02, 0.0, 20e-6), lambda: device.now_s)
    window = aligned(setup, CudaWork(device.call, device), 2.0, lead_s=0.1)
    assert window.calls == pytest.approx(window.window_s / one_s, rel=2e-3)
    assert window.energy_j["board"] == pytest.approx(300 * window.window_s, rel=2e-3)
    # Before and after the window, not within.
    assert device.synchronised == 2


def test_errors_of_the_call_are_raised() -> None:
    def broken() -> None:
        raise RuntimeError("no kernel image")

    with pytest.raises(RuntimeError, match="no kernel image"):
        CudaWork(broken, _Device(1e-3)).advance(1e-3)
