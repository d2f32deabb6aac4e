"""Which kernels a vendor's library launched: the nearest to an answer to "what did it choose?" that can be had."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

# A name with its template arguments fills pages; that it was cut off is seen.
_LONGEST_NAME = 80
_SEPARATOR = " + "
# Moving and filling memory is no choice of an algorithm.
_NOT_KERNELS = ("Memcpy", "Memset")


def launched(call: Callable[[], Any]) -> str | None:
    """The kernels of one call on CUDA in order, by torch's profiler; None where it saw none.

    cuDNN says in such names whether it ran an implicit GEMM, a Winograd or an FFT, and in which tiles.
    """
    import torch
    from torch._C._autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        call()
        torch.cuda.synchronize()
    return summary(event.name for event in seen.events() if event.device_type == DeviceType.CUDA)


def summary(names: Iterable[str]) -> str | None:
    """Names of kernels in order, each once, none longer than a line; None of none."""
    kernels = dict.fromkeys(name for name in names if not name.startswith(_NOT_KERNELS))
    short = (n if len(n) <= _LONGEST_NAME else n[: _LONGEST_NAME - 1] + "…" for n in kernels)
    return _SEPARATOR.join(short) or None
