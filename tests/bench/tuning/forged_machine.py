"""Forged processors with governors, and a forged driver of one GPU that child processes load too."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.bench.tuning import forged_nvml

OFFERED = "performance powersave"
_CPUFREQ = "sys/devices/system/cpu/cpu{}/cpufreq"


@dataclass(frozen=True)
class ForgedProcessors:
    """A folder with /sys, in it two processors that follow their governor."""

    root: Path
    numbers: tuple[int, ...] = (0, 1)

    def make(self, governor: str = "powersave", offered: Sequence[str] = (OFFERED, OFFERED)) -> ForgedProcessors:
        for number, names in zip(self.numbers, offered, strict=True):
            folder = self.folder(number)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "scaling_governor").write_text(f"{governor}\n")
            (folder / "scaling_available_governors").write_text(f"{names}\n")
            (folder / "energy_performance_preference").write_text("balance_performance\n")
        return self

    def folder(self, number: int) -> Path:
        return self.root / _CPUFREQ.format(number)

    def read(self, name: str = "scaling_governor") -> list[str]:
        return [(self.folder(number) / name).read_text().strip() for number in self.numbers]

    def write(self, text: str, name: str = "scaling_governor") -> None:
        for number in self.numbers:
            (self.folder(number) / name).write_text(f"{text}\n")


@dataclass(frozen=True)
class ForgedDriver:
    """The forged pynvml as this process has loaded it."""

    nvml: ModuleType

    @classmethod
    def installed(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ForgedDriver:
        """The driver in a new folder, on the path of the processes that this one starts."""
        folder.mkdir()
        shutil.copy(str(forged_nvml.__file__), folder / "pynvml.py")
        (folder / "gpu.json").write_text(json.dumps(forged_nvml.START))
        monkeypatch.setenv("FORGED_GPU", str(folder / "gpu.json"))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH")))))
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        return cls(forged_nvml)

    @property
    def limit_mw(self) -> int:
        return int(self.nvml.state()["power_limit_mw"])

    @property
    def locked_mhz(self) -> Any:
        return self.nvml.state()["locked_mhz"]

    @property
    def calls(self) -> list[list[Any]]:
        """The functions that changed something, with what they were given."""
        found: list[list[Any]] = self.nvml.state()["calls"]
        return found

    def refuse(self, function: str, error: int) -> None:
        self.nvml.write(refuses={**self.nvml.state()["refuses"], function: error})
