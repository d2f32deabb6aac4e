"""The lines of the last write, and the arguments that drivers append."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numba import njit

from impls.cpu.compiler import last_write
from impls.cpu.compiler.calls import ending_of, residual_of
from impls.epilogue import NO_EPILOGUE, Epilogue

RESIDUAL, RELU = Epilogue(adds_residual=True), Epilogue(has_relu=True)
BOTH = Epilogue(adds_residual=True, has_relu=True)


@pytest.mark.parametrize(
    ("epilogue", "count", "kind", "line"),
    [
        (NO_EPILOGUE, None, "", "store(y, 3, v)"),
        (NO_EPILOGUE, "n - 2", "", "store_first(y, 3, v, n - 2)"),
        (NO_EPILOGUE, "n", "_bf16", "store_first_bf16(y, 3, v, n)"),
        (RELU, None, "", "store(y, 3, max(zero(), v))"),
        (RESIDUAL, None, "", "store(y, 3, add(v, load(y + residual, 3)))"),
        (RESIDUAL, "n", "_bf16", "store_first_bf16(y, 3, add(v, load_first_bf16(y + residual, 3, n)), n)"),
        (BOTH, "n", "", "store_first(y, 3, max(zero(), add(v, load_first(y + residual, 3, n))), n)"),
    ],
)
def test_lines(epilogue: Epilogue, count: str | None, kind: str, line: str) -> None:
    assert last_write.store(epilogue, "y", "3", "v", count, kind) == line
    called = {name for name in ("add", "zero", "max", f"load{kind}", f"load_first{kind}") if f"{name}(" in line}
    assert called <= set(last_write.operations(epilogue, kind))


def test_a_kernel_without_epilogue_has_its_own_arguments_and_operations() -> None:
    assert last_write.arguments(NO_EPILOGUE, "x, y") == last_write.arguments(RELU, "x, y") == "x, y"
    assert last_write.arguments(BOTH, "x, y") == "x, y, residual"
    assert last_write.operations(NO_EPILOGUE) == ()
    assert last_write.fields(NO_EPILOGUE) == last_write.fields(RELU) == {}


def test_drivers_append_the_distance_only_to_kernels_with_a_residual() -> None:
    plain = np.array([(7,)], dtype=[("size", np.int64)])
    added = np.array([(0, 7)], dtype=[("residual", np.int64), ("size", np.int64)])
    y, residual = torch.zeros(4), torch.zeros(4)
    own = last_write.placed(added, residual, y)
    assert own["residual"][0] == residual.data_ptr() - y.data_ptr()
    assert added["residual"][0] == 0

    @njit
    def arguments(numbers):  # type: ignore[no-untyped-def]
        g = numbers[0]
        return g.size, *residual_of(g)

    assert arguments(plain) == (7,)
    assert arguments(own) == (7, own["residual"][0])
    # As plain Python, for the tests that interpret drivers.
    assert residual_of(SimpleNamespace(size=7)) == ()
    assert residual_of(SimpleNamespace(residual=9)) == (9,)
    assert ending_of(SimpleNamespace(residual=9), True) == (True, 9)
    assert ending_of(SimpleNamespace(), True) == ()
