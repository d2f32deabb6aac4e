"""The lines of the last write, and the arguments that drivers append."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from impls.cpu.compiler import last_write
from impls.cpu.compiler.calls import call, residual_of
from impls.cpu.compiler.drivers import driver
from impls.epilogue import NO_EPILOGUE, Epilogue

RESIDUAL, RELU = Epilogue(adds_residual=True), Epilogue(has_relu=True)
BOTH = Epilogue(adds_residual=True, has_relu=True)


@driver
def _arguments(g, kernel):  # type: ignore[no-untyped-def]
    call(kernel, (g.size, *residual_of(g, g.size == 7)))


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

    seen: list[tuple[int, ...]] = []
    kernels = [ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * n)(lambda *given: seen.append(given)) for n in (1, 3)]
    for numbers, kernel in zip((plain, own), kernels, strict=True):
        _arguments.compiled(g=numbers.dtype.names)(numbers.ctypes.data, ctypes.cast(kernel, ctypes.c_void_p).value)
    assert seen == [(7,), (7, 1, own["residual"][0])]
    # As plain Python, for the tests that interpret drivers.
    assert residual_of(SimpleNamespace(size=7)) == residual_of(SimpleNamespace(size=7), True) == ()
    assert residual_of(SimpleNamespace(residual=9)) == (9,)
    assert residual_of(SimpleNamespace(residual=9), True) == (True, 9)
