"""A beacon, and a counter of joules that runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bench.energy.availability import detect
from bench.energy.meter import Method
from bench.energy.rapl_powercap import PowercapMeter
from bench.worker import energy
from bench.worker.beacon import Beacon
from tests.bench.worker.running_counter import RunningCounter


@pytest.fixture
def beacon(tmp_path: Path) -> Iterator[Beacon]:
    made = Beacon.create(tmp_path)
    yield made
    made.close()


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningCounter]:
    root = tmp_path / "powercap"
    root.mkdir()
    running = RunningCounter(root)
    found = detect("rapl-powercap", "cpu", Method.COUNTER, partial(PowercapMeter, root))
    assert found.available, found.why_not
    monkeypatch.setattr(energy, "meters", lambda: (found,))
    yield running
    running.end()
