"""Which devices exist here, found without loading a tensor library where none can."""

from __future__ import annotations

from collections.abc import Iterable

from bench.errors import UsageError


def available() -> tuple[str, ...]:
    """cpu, and cuda if this torch can use a GPU."""
    return ("cpu", "cuda") if _has_cuda() else ("cpu",)


def existing(wanted: Iterable[str]) -> tuple[str, ...]:
    """Those of a configuration's devices that exist here. Raises UsageError if none does."""
    wanted = tuple(wanted)
    here = available() if "cuda" in wanted else ("cpu",)
    found = tuple(d for d in wanted if d in here)
    if not found:
        raise UsageError(f"none of the devices {', '.join(wanted)} exists here; allowed: {', '.join(here)}")
    return found


def require(device: str) -> str:
    """The device, if it exists. Raises UsageError with those that do."""
    if device not in available():
        raise UsageError(f"device {device!r} is not there; allowed on this machine: {', '.join(available())}")
    return device


def why_no_driver() -> str | None:
    """Why there can be no GPU to compute on, in NVML's words; None where there is a driver. Loads no torch."""
    import pynvml

    try:
        pynvml.nvmlInit()
        pynvml.nvmlShutdown()
    except pynvml.NVMLError as error:
        return str(error)
    return None


def _has_cuda() -> bool:
    if why_no_driver() is not None:
        return False
    import torch

    return torch.cuda.is_available()
