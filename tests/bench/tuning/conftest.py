"""Fixtures of forged processors and of a forged driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.tuning.forged_machine import ForgedDriver, ForgedProcessors


@pytest.fixture
def processors(tmp_path: Path) -> ForgedProcessors:
    """Two processors with the governor powersave, which may have performance too."""
    return ForgedProcessors(tmp_path / "machine").make()


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ForgedDriver:
    """A GPU with a power limit of 650 W and a free clock, in this process and in those that it starts."""
    return ForgedDriver.installed(tmp_path / "driver", monkeypatch)
