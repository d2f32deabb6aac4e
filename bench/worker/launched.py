"""Names the kernels that a vendor's library launched: the closest known answer to "which algorithm did it choose?"."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bench.worker.shared_settings import of_the_process
from bench.worker.shared_state import SharedState, undisturbed

# A name with its template arguments fills pages; an ellipsis shows that it was cut.
_LONGEST_NAME = 80
_SEPARATOR = " + "
# The name of torch.autograd.DeviceType.CUDA.
_DEVICE = "CUDA"
# Copying and filling memory says nothing about the algorithm.
_NOT_KERNELS = ("Memcpy", "Memset")


def launched(call: Callable[[], Any]) -> str | None:
    """The kernels of one call on CUDA in order, by torch's profiler; None if it saw none.

    cuDNN says in such names whether it ran an implicit GEMM, a Winograd or an FFT, and in which tiles.
    """
    import torch
    from torch.profiler import ProfilerActivity, profile

    torch.cuda.synchronize()
    # The profiler sets an environment variable, which is no doing of the implementation.
    with undisturbed(SharedState(of_the_process())), profile(activities=[ProfilerActivity.CUDA]) as seen:
        call()
        torch.cuda.synchronize()
    return summary(event.name for event in seen.events() if event.device_type.name == _DEVICE)


def summary(names: Iterable[str]) -> str | None:
    """Names of kernels in order, each once, none longer than a line; None for no names."""
    kernels = dict.fromkeys(name for name in names if not name.startswith(_NOT_KERNELS))
    short = (n if len(n) <= _LONGEST_NAME else n[: _LONGEST_NAME - 1] + "…" for n in kernels)
    return _SEPARATOR.join(short) or None
