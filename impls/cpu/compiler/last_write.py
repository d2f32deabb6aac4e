"""The last write of kernels: a store of an output, and before it the epilogue, if the kernel has one.

A residual lies as far from the output as its first element from the output's: kernels take this distance in bytes as
one more argument, and read the residual where they write. It comes to the drivers in their record
(impls.cpu.compiler.calls.residual_of), so that drivers serve both kinds of kernels: for a record without it, they are
compiled to the same code as if there were no epilogues.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from impls.cpu.compiler.calls import RESIDUAL
from impls.epilogue import Epilogue


def operations(epilogue: Epilogue, kind: str = "") -> tuple[str, ...]:
    """The operations that stores need beside those of a kernel without epilogue; `kind` is that of `store`."""
    read = ("add", f"load{kind}", f"load_first{kind}") if epilogue.adds_residual else ()
    return (*read, "zero", "max") if epilogue.has_relu else read


def arguments(epilogue: Epilogue, own: str) -> str:
    """The arguments of a kernel, and the distance of the residual."""
    return f"{own}, {RESIDUAL}" if epilogue.adds_residual else own


def store(epilogue: Epilogue, out: str, at: str, value: str, count: str | None = None, kind: str = "") -> str:
    """The line that writes a vector at element `at` of `out`: whole, or its first `count` lanes.

    `kind` is "_bf16" for outputs of 16 bits.
    """
    first, more = ("", "") if count is None else ("_first", f", {count}")
    if epilogue.adds_residual:
        value = f"add({value}, load{first}{kind}({out} + {RESIDUAL}, {at}{more}))"
    if epilogue.has_relu:
        # In this order, NaN stays NaN.
        value = f"max(zero(), {value})"
    return f"store{first}{kind}({out}, {at}, {value}{more})"


def fields(epilogue: Epilogue) -> dict[str, int]:
    """The field with which a driver's record begins; each call sets its own value."""
    return {RESIDUAL: 0} if epilogue.adds_residual else {}


def placed(numbers: np.ndarray[Any, Any], residual: torch.Tensor, y: torch.Tensor) -> np.ndarray[Any, Any]:
    """A driver's record for one call with this residual and output, both dense in the same layout."""
    own = numbers.copy()
    own[RESIDUAL] = residual.data_ptr() - y.data_ptr()
    return own
