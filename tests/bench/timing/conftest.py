"""The fixture `clock`: time that only calls advance."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bench.timing import blocks, draws
from tests.bench.timing.fake_clock import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    monkeypatch.setattr(blocks, "clock_for", lambda device, launch: fake)
    for module in (blocks, draws):
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: fake.now_s))
    return fake
