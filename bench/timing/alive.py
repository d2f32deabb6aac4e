"""Whether a device still works after an error: CUDA loses its context to some, and then nothing runs in that process.

Such an error is not one candidate's result among others: the process has to end. Its parent replaces it and goes on
without the candidate that ran last.
"""

from __future__ import annotations


class DeviceLost(Exception):
    """What the device does not recover from in this process; `name` is the candidate that ran, where it is known."""

    name: str | None = None


def require_alive(device: str, error: Exception, name: str | None = None) -> None:
    """Raise DeviceLost if nothing runs on the device any more after this error (CUDA C++ Programming Guide, "Error
    Checking": an illegal access or a failed assertion leaves the context unusable); on the CPU nothing can be lost.
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
