"""Fixtures of forged processors and of a forged driver."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.bench.tuning import forged_nvml
from tests.bench.tuning.forged_machine import ForgedDriver, ForgedProcessors


@pytest.fixture
def processors(tmp_path: Path) -> ForgedProcessors:
    """Two processors with the governor powersave, which may have performance too."""
    return ForgedProcessors(tmp_path / "machine").make()


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ForgedDriver:
    """A GPU with a power limit of 650 W and a free clock, in this process and in those that it starts."""
    folder = tmp_path / "driver"
    folder.mkdir()
    shutil.copy(str(forged_nvml.__file__), folder / "pynvml.py")
    (folder / "gpu.json").write_text(json.dumps(forged_nvml.START))
    monkeypatch.setenv("FORGED_GPU", str(folder / "gpu.json"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH")))))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return ForgedDriver(forged_nvml)
