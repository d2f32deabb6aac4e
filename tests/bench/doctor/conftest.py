"""Fixtures that forge machines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.doctor.system import System
from tests.bench.doctor.forging import Forge
from tests.bench.tuning.forged_machine import ForgedDriver, ForgedProcessors


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    """Makes a system with these files, named from its root; a name that ends in / is a folder."""

    def make(files: Mapping[str, str]) -> System:
        for name, text in files.items():
            path = tmp_path / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                path.mkdir()
            else:
                path.write_text(text + "\n")
        return System(tmp_path)

    return make


@pytest.fixture
def processors(tmp_path: Path) -> ForgedProcessors:
    """Two processors with the governor powersave, which may have performance too."""
    return ForgedProcessors(tmp_path / "machine").make()


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ForgedDriver:
    """A GPU whose clock and power limit may be set."""
    return ForgedDriver.installed(tmp_path / "driver", monkeypatch)
