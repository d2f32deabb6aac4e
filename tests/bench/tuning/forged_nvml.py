"""A forged pynvml whose one GPU is a file, so that two processes see the same clock and power limit.

The fixture `driver` copies this file as pynvml.py onto the path of child processes. The environment variable FORGED_GPU
names the file: `power_limit_mw`, `locked_mhz`, `refuses` (functions with the error that they raise) and `calls`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

NVML_ERROR_UNINITIALIZED, NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED = 1, 2, 3
NVML_ERROR_NO_PERMISSION, NVML_ERROR_NOT_FOUND, NVML_ERROR_DRIVER_NOT_LOADED = 4, 6, 9
NVML_ERROR_LIBRARY_NOT_FOUND, NVML_ERROR_FUNCTION_NOT_FOUND, NVML_ERROR_GPU_IS_LOST = 12, 13, 15
NVML_ERROR_RESET_REQUIRED, NVML_ERROR_LIB_RM_VERSION_MISMATCH = 16, 18
UUID = "GPU-0aaa-bbb"
CLOCKS_MHZ = (1980, 1500, 1200, 210)
MEMORY_MHZ = (1593, 2619)
LIMITS_MW = (200_000, 700_000)
START: dict[str, Any] = {"power_limit_mw": 650_000, "locked_mhz": None, "refuses": {}, "calls": []}


class NVMLError(Exception):
    """An error of the library, by number."""

    def __init__(self, value: int) -> None:
        super().__init__(f"error {value}")
        self.value = value


def state() -> dict[str, Any]:
    """The GPU as its file has it."""
    found: dict[str, Any] = json.loads(_file().read_text())
    return found


def write(**changed: Any) -> None:
    """Change the GPU, whole or not at all: two processes may read it."""
    part = _file().with_suffix(".part")
    part.write_text(json.dumps({**state(), **changed}))
    part.replace(_file())


def _file() -> Path:
    return Path(os.environ["FORGED_GPU"])


def _asked(function: str, *given: Any) -> None:
    now = state()
    if function in now["refuses"]:
        raise NVMLError(now["refuses"][function])
    if "Set" in function or "Reset" in function:
        write(calls=[*now["calls"], [function, *given]])


def nvmlInit() -> None:
    _asked("nvmlInit")


def nvmlShutdown() -> None:
    _asked("nvmlShutdown")


def nvmlDeviceGetCount() -> int:
    return 1


def nvmlDeviceGetHandleByIndex(index: int) -> int:
    return index


def nvmlDeviceGetHandleByUUID(uuid: str) -> int:
    if uuid != UUID:
        raise NVMLError(NVML_ERROR_NOT_FOUND)
    return 0


def nvmlDeviceGetUUID(handle: int) -> str:
    return UUID


def nvmlDeviceGetName(handle: int) -> str:
    return "Forged H100"


def nvmlDeviceGetMigMode(handle: int) -> list[int]:
    return [0, 0]


def nvmlDeviceGetSupportedMemoryClocks(handle: int) -> list[int]:
    _asked("nvmlDeviceGetSupportedMemoryClocks")
    return list(MEMORY_MHZ)


def nvmlDeviceGetSupportedGraphicsClocks(handle: int, memory_mhz: int) -> list[int]:
    _asked("nvmlDeviceGetSupportedGraphicsClocks")
    return list(CLOCKS_MHZ) if memory_mhz == 2619 else [210]


def nvmlDeviceGetPowerManagementLimitConstraints(handle: int) -> list[int]:
    _asked("nvmlDeviceGetPowerManagementLimitConstraints")
    return list(LIMITS_MW)


def nvmlDeviceGetPowerManagementLimit(handle: int) -> int:
    _asked("nvmlDeviceGetPowerManagementLimit")
    return int(state()["power_limit_mw"])


def nvmlDeviceSetPowerManagementLimit(handle: int, limit_mw: int) -> None:
    _asked("nvmlDeviceSetPowerManagementLimit", limit_mw)
    if not LIMITS_MW[0] <= limit_mw <= LIMITS_MW[1]:
        raise NVMLError(NVML_ERROR_INVALID_ARGUMENT)
    write(power_limit_mw=limit_mw)


def nvmlDeviceSetGpuLockedClocks(handle: int, least_mhz: int, most_mhz: int) -> None:
    _asked("nvmlDeviceSetGpuLockedClocks", least_mhz, most_mhz)
    write(locked_mhz=[least_mhz, most_mhz])


def nvmlDeviceResetGpuLockedClocks(handle: int) -> None:
    _asked("nvmlDeviceResetGpuLockedClocks")
    write(locked_mhz=None)
