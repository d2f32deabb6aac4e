"""A forged GPU behind pynvml's functions, on a clock that the test advances."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

# nvmlDeviceGetTotalEnergyConsumption moves ten times a second.
STEP_S = 0.1


class ForgedGpu:
    """Draws `power_w`; `refuses` maps functions (and POWER_INSTANT) to the NVML error that they raise."""

    def __init__(self, names: tuple[str, ...] = ("NVIDIA H100 80GB HBM3",)) -> None:
        self.now_s = 1_000.0
        self.power_w = 300.0
        self.reset_at_s: float | None = None
        self.names = names
        self.refuses: dict[str, int] = {}
        self.mig = False
        self.throttle_bits = 0
        self.users = 0
        # This process, and two numbers above Linux's highest process number (2²²).
        self.pids = [os.getpid(), 5_000_001, 5_000_002]
        self.requested: list[Any] = []

    def clock(self) -> float:
        return self.now_s

    def uuid(self, index: int) -> str:
        return f"GPU-{index}aaa-bbb"

    def install(self, monkeypatch: pytest.MonkeyPatch) -> ForgedGpu:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
        answers = {
            "nvmlInit": self._init,
            "nvmlShutdown": self._shutdown,
            "nvmlDeviceGetCount": lambda: len(self.names),
            "nvmlDeviceGetHandleByIndex": self._by_index,
            "nvmlDeviceGetHandleByUUID": self._by_uuid,
            "nvmlDeviceGetUUID": self.uuid,
            "nvmlDeviceGetName": lambda handle: self.names[handle],
            "nvmlDeviceGetMigMode": lambda handle: [int(self.mig), 0],
            "nvmlDeviceGetTotalEnergyConsumption": lambda handle: self._millijoules(),
            "nvmlDeviceGetFieldValues": self._fields,
            "nvmlDeviceGetPowerUsage": lambda handle: int(self.power_w * 1e3),
            "nvmlDeviceGetClockInfo": lambda handle, kind: 1980 if kind == pynvml.NVML_CLOCK_SM else 2619,
            "nvmlDeviceGetCurrentClocksEventReasons": lambda handle: self.throttle_bits,
            "nvmlDeviceGetCurrentClocksThrottleReasons": lambda handle: self.throttle_bits,
            "nvmlDeviceGetPerformanceState": lambda handle: 0,
            "nvmlDeviceGetTemperature": lambda handle, sensor: 41,
            "nvmlDeviceGetEnforcedPowerLimit": lambda handle: 700_000,
            "nvmlDeviceGetPersistenceMode": lambda handle: 1,
            "nvmlDeviceGetComputeRunningProcesses": lambda handle: [SimpleNamespace(pid=p) for p in self.pids],
            "nvmlSystemGetDriverVersion": lambda: "570.86.15",
        }
        for name, answer in answers.items():
            monkeypatch.setattr(pynvml, name, self._refusing(name, answer))
        return self

    def _refusing(self, name: str, answer: Any) -> Any:
        def answer_or_raise(*given: Any) -> Any:
            if name in self.refuses:
                raise pynvml.NVMLError(self.refuses[name])
            return answer(*given)

        return answer_or_raise

    def _init(self) -> None:
        self.users += 1

    def _shutdown(self) -> None:
        self.users -= 1

    def _by_index(self, index: int) -> int:
        if index >= len(self.names):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        return index

    def _by_uuid(self, uuid: str) -> int:
        for index in range(len(self.names)):
            if self.uuid(index) == uuid:
                return index
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)

    def _millijoules(self) -> int:
        since_s = self.now_s - (self.reset_at_s or 0.0)
        return int(self.power_w * STEP_S * 1e3) * int(since_s / STEP_S + 1e-6)

    def _fields(self, handle: int, wanted: list[Any]) -> list[Any]:
        self.requested.append(wanted[0])
        code = self.refuses.get("POWER_INSTANT", pynvml.NVML_SUCCESS)
        milliwatts = 0 if code else int(self.power_w * 1e3)
        return [SimpleNamespace(nvmlReturn=code, value=SimpleNamespace(uiVal=milliwatts))]
