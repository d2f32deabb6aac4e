"""Max pooling on the CPU, channels last, into memory of the caller's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from impls.cpu.compiler.drivers import Integers
from impls.cpu.compiler.host import ELEMENT_BYTES, lanes_of
from impls.cpu.pooling.driver import PoolSizes, pool
from impls.cpu.pooling.kernels import largest_kernel

Two: TypeAlias = "tuple[int, int]"


def max_pooling(
    x_shape: tuple[int, ...],
    y_shape: tuple[int, ...],
    dtype: str,
    *,
    kernel: Two,
    stride: Two,
    padding: Two,
) -> Callable[[torch.Tensor, torch.Tensor, int], None]:
    """`write(x, y, threads)`, as torch.nn.functional.max_pool2d for x (N, C, H, W) and y (N, C, OH, OW).

    Both are dense and channels last, of `dtype` float32 or float64, and not checked. NaN stays NaN. Each output must
    see at least one pixel, as all do in torch.
    """
    sizes = Integers(PoolSizes._make([*x_shape, *y_shape[2:], *kernel, *stride, *padding, ELEMENT_BYTES[dtype]]))
    drive = pool.compiled(g=PoolSizes._fields)
    address = largest_kernel(dtype, lanes_of(dtype))

    def write(x: torch.Tensor, y: torch.Tensor, threads: int) -> None:
        drive(address, sizes.address, x.data_ptr(), y.data_ptr(), threads)

    return write
