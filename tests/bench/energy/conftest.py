"""Fixtures of forged GPUs."""

from __future__ import annotations

import pytest

from bench.energy.nvml import CounterMeter, open_counter
from tests.bench.energy.forged_gpu import ForgedGpu


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> ForgedGpu:
    """A forged GPU behind pynvml's functions."""
    return ForgedGpu().install(monkeypatch)


@pytest.fixture
def counter(gpu: ForgedGpu) -> CounterMeter:
    """The energy counter of the forged GPU."""
    return open_counter(clock=gpu.clock)
