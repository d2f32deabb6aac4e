"""Matrix products by torch: a ceiling that programs reach, in every precision that torch multiplies."""

from __future__ import annotations

from collections.abc import Callable

import torch

from bench.calibration.probes import Probe, Timer
from impls import Case, ConvProblem
from impls.modes import precision_mode

# Larger products come closer to the peak; the largest is taken that lasts at most a sample and a half.
_SIZES = (256, 512, 1024, 2048, 4096, 8192)
_LONGEST_S = 15e-3
# A product of twice the size has eight times the FLOPs.
_GROWTH = 8


def product_probe(precision: str, device: str, timer: Timer, members: int = 1) -> Probe:
    """Square products in a precision, one per member at the same time, of a size that suits the device.

    Raises torch's error where torch has no such product.
    """
    for size in _SIZES:
        products = [_product(precision, device, size) for _ in range(members)]
        timed = timer(lambda member, products=products: products[member]())  # type: ignore[misc]
        timed(1)
        seconds = min(timed(1), timed(1))
        if _GROWTH * seconds > _LONGEST_S:
            break
    return Probe(f"{precision} gemm {size}", members * 2.0 * size**3, timed)


def _product(precision: str, device: str, size: int) -> Callable[[], object]:
    case = Case(ConvProblem.parse("mb1ic1ih1oc1kh1"), precision, device=device)
    kind = getattr(torch, case.numbers.dtype)
    a, b = (torch.randn(size, size, device=device).to(kind) for _ in range(2))
    result = torch.empty(size, size, dtype=kind, device=device)

    def multiply() -> object:
        with precision_mode(case):
            return torch.mm(a, b, out=result)

    return multiply
