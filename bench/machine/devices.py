"""Finds the devices of this machine, without loading torch where there is no GPU driver."""

from __future__ import annotations

from collections.abc import Iterable

from bench.errors import UsageError


def available() -> tuple[str, ...]:
    """The devices: cpu, and cuda if this torch can use a GPU."""
    return ("cpu", "cuda") if _has_cuda() else ("cpu",)


def existing(wanted: Iterable[str]) -> tuple[str, ...]:
    """The wanted devices that exist here. Raises UsageError if none does."""
    wanted = tuple(wanted)
    here = available() if "cuda" in wanted else ("cpu",)
    found = tuple(d for d in wanted if d in here)
    if not found:
        raise UsageError(f"none of the devices {', '.join(wanted)} exists here; allowed: {', '.join(here)}")
    return found


def require(device: str) -> str:
    """The device, if it exists here. Raises UsageError with the devices that do."""
    if device not in available():
        raise UsageError(f"device {device!r} does not exist here; allowed on this machine: {', '.join(available())}")
    return device


def driver_error() -> str | None:
    """NVML's error if no GPU driver works here, None if one does. Does not load torch."""
    import pynvml

    try:
        pynvml.nvmlInit()
        pynvml.nvmlShutdown()
    except pynvml.NVMLError as error:
        return str(error)
    return None


def _has_cuda() -> bool:
    if driver_error() is not None:
        return False
    import torch

    return torch.cuda.is_available()
