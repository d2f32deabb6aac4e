"""Examines the GPUs with NVIDIA's management library and torch. Loads torch only where a driver works."""

from __future__ import annotations

from typing import Any

from bench.doctor.finding import Finding, Rating
from bench.format import byte_count

_SECTION = "devices"


def gpus(nvml: Any = None) -> list[Finding]:
    """One finding per GPU, or one that says why there is none. `nvml` is pynvml by default."""
    if nvml is None:
        import pynvml

        nvml = pynvml
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        # Fine, not missing: most machines have no GPU, and the CPU is still measured.
        return [Finding(_SECTION, "GPU", f"none (NVML: {error})")]
    try:
        driver = _text(nvml.nvmlSystemGetDriverVersion())
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        found = [_gpu(nvml, handle, driver) for handle in handles]
    except nvml.NVMLError as error:
        return [
            Finding(_SECTION, "GPU", None, Rating.MISSING, f"the driver is loaded but fails ({error}); try nvidia-smi")
        ]
    finally:
        nvml.nvmlShutdown()
    return found or [Finding(_SECTION, "GPU", f"none (driver {driver})")]


def _gpu(nvml: Any, handle: Any, driver: str) -> Finding:
    name = _text(nvml.nvmlDeviceGetName(handle))
    value = f"{name}, {byte_count(nvml.nvmlDeviceGetMemoryInfo(handle).total)}, driver {driver}"
    reason = torch_error()
    if reason is None:
        return Finding(_SECTION, "GPU", value)
    return Finding(_SECTION, "GPU", value, Rating.MIND, f"it is not measured: {reason}")


def torch_error() -> str | None:
    """Why torch cannot use a GPU, None if it can."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return f"torch does not load ({error})"
    if torch.cuda.is_available():
        return None
    if torch.version.cuda is None:
        return "this torch has no CUDA; install one with it (pip install torch on Linux)"
    return f"torch was built for CUDA {torch.version.cuda}: is the driver too old, or CUDA_VISIBLE_DEVICES empty?"


def _text(value: str | bytes) -> str:
    # Older bindings return bytes.
    return value.decode() if isinstance(value, bytes) else value
