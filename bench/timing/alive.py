"""Checks whether a device still works after an error.

Some errors destroy the CUDA context: nothing then runs on the GPU in this process. Such an error is not the result of
one candidate: the process has to end, and its parent replaces it and continues without the last candidate.
"""

from __future__ import annotations


class DeviceLost(Exception):
    """The device does not recover in this process; `name` is the candidate that ran, if known."""

    name: str | None = None


def require_alive(device: str, error: Exception, name: str | None = None) -> None:
    """Raise DeviceLost if nothing runs on the device any more after this error. Does nothing for the CPU.

    Source: CUDA C++ Programming Guide, "Error Checking": an illegal access or a failed assertion makes the context
    unusable.
    """
    if device != "cuda":
        return
    import torch

    if not torch.cuda.is_initialized():
        # There was no context to lose.
        return
    try:
        torch.cuda.synchronize()
    except Exception as lost:
        fault = DeviceLost(f"nothing runs on CUDA any more after {type(error).__name__}: {error}")
        fault.name = name
        raise fault from lost
