"""Fixtures of forged GPUs and of a machine with neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.energy.nvml import CounterMeter, open_counter
from bench.machine import load
from tests.bench.energy.forged_gpu import ForgedGpu


@pytest.fixture(autouse=True)
def _no_neighbours_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine under the tests does not tell of other programs: simulated windows last no real time."""
    monkeypatch.setattr(load, "_STAT_FILE", Path("/nonexistent/stat"))


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> ForgedGpu:
    """A forged GPU behind pynvml's functions."""
    return ForgedGpu().install(monkeypatch)


@pytest.fixture
def counter(gpu: ForgedGpu) -> CounterMeter:
    """The energy counter of the forged GPU."""
    return open_counter(clock=gpu.clock)
