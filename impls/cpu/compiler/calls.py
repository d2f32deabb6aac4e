"""What drivers call besides their parts: kernels by address, shares of work on threads.

Drivers are translated (impls.cpu.compiler.drivers): these functions only say what the translation does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# The field of a driver's record, and the last argument of a kernel, for the distance of a residual from the output.
RESIDUAL = "residual"


def call(address: int, arguments: tuple[int, ...]) -> None:
    """Call the C function at `address` with these integers, as int64s; it returns nothing."""
    raise TypeError(f"only a translated driver can call the code at {address} with {arguments}")


def fork(share: Callable[..., Any], arguments: tuple[int, ...], threads: int) -> None:
    """Call the function `share` for each part of its work, with the arguments, the thread, the part and their number.

    Threads take parts as they become free (impls.cpu.compiler.threads). So the thread tells which memory a share may
    use, and the part which work it does.
    """
    raise TypeError(f"only a translated driver can share {share} with {arguments}, threads: {threads}")


def residual_of(g: Any, *before: int) -> tuple[int, ...]:
    """The arguments that a driver appends for kernels with a residual: `before` and its distance; none for others.

    By the fields of the record: code for records without a residual is as if nothing was appended.
    """
    return (*before, getattr(g, RESIDUAL)) if hasattr(g, RESIDUAL) else ()
