"""The most that rounding and underflow can do to a result, whatever the data are.

impls.error_bounds has the sharper bounds of random data, which hold for data drawn in the gate. Nothing is known about
the user's own tensors, so their results are held to these. Underflow, which relative errors do not cover, is allowed
for in both.

**Rounding.** γ_k = k·u/(1 − k·u) for k roundings one after the other (N. J. Higham, "Accuracy and Stability of
Numerical Algorithms", 2nd ed., lemma 3.1), times the sum of moduli that is added up.

**Underflow.** An operation returns (a ∘ b)(1 + δ) + η with |η| at most the smallest normal number where hardware
flushes smaller results to 0 (there, equation (2.8)). Hardware may also read subnormal operands as 0, which changes each
of their products by as much times the other operand.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from impls.cook_toom import growth, row_sums, transforms
from impls.interface import Case

# The constant of a butterfly, 1 + 4√2 (Higham, theorem 24.2), doubled for radices other than 2.
_BUTTERFLY = 2 * (1 + 4 * math.sqrt(2))


@dataclass(frozen=True, slots=True)
class WorstCase:
    """|error| ≤ factor·scale by rounding, and lost_by_operand·(max|x| + max|w|) + lost by underflow.

    `scale` is "element" or "norms" as in impls.error_bounds.ErrorBound, or "products": all products of an output at
    their largest, C/G·KH·KW·max|x|·max|w| + max|b|.
    """

    factor: float
    scale: str
    lost_by_operand: float
    lost: float


def direct(case: Case, roundings: int = 1) -> WorstCase:
    """One sum of C/G·KH·KW products (and the bias), in any order: Higham, section 3.1."""
    n, number = case.problem.terms + int(case.problem.bias), case.numbers
    tiny, stored = number.lost_in_sums, roundings * number.lost_in_storage
    # Each product, each sum and each operand may underflow; tf32x3 makes two operands of one.
    return WorstCase(_rounding(case, n, 1.0), "element", 2 * tiny * n, tiny * (2 * n + 1) + stored)


def fft(case: Case, points: int) -> WorstCase:
    """Three transforms of `points` points, with errors by Higham, theorem 24.2, in the norm, and their products.

    By Cauchy and Schwarz and Parseval's theorem an error of log₂N·η in a spectrum changes each output by as much of
    ‖x‖₂‖w‖₂; the transform back adds √taps as much, the largest gain of a filter with this norm.
    """
    p, number = case.problem, case.numbers
    channels, stages, taps = p.in_channels // p.groups, math.log2(max(2, points)), p.kernel[0] * p.kernel[1]
    factor = number.accumulate_u * (_BUTTERFLY * stages * (2 + math.sqrt(taps)) + channels + 4)
    # Each stage may lose up to 4 · tiny an element; by Parseval the norm of all grows with √N, once in each direction.
    lost = number.lost_in_sums * channels * math.sqrt(points) * (4 * stages + 1)
    return WorstCase(factor + _gamma(p.terms + 1, 2.0**-53), "norms", lost * points, 2 * lost + number.lost_in_storage)


@functools.cache
def _largest_row(m: int, r: int, name: str) -> float:
    """The largest sum of moduli of a row of a matrix of F(m, r): fractions add up slowly."""
    return max(row_sums(getattr(transforms(m, r), name)))


def winograd(case: Case, m: int, taps: tuple[int, int]) -> WorstCase:
    """Transforms, sums over channels and transforms back: Barabasz et al., ACM TOMS 46(4), 2020, theorem 2.

    The bound is the number of roundings in a row, times the sum of moduli. In F(m × m, r × r) this sum is `growth`
    times that of the definition.
    """
    p, number = case.problem, case.numbers
    channels, inputs = p.in_channels // p.groups, m + max(taps) - 1
    amplified = math.prod(growth(m, r) for r in taps)
    # On each of two axes, data, filters and outputs are sums of up to `inputs` products.
    path = channels + 6 * (inputs + 1) + 2 + int(p.bias)
    inverse, kernel, data = (
        math.prod(_largest_row(m, r, name) for r in taps) for name in ("inverse", "kernel", "data")
    )
    steps, tiny = 1 + 2 * inputs, number.lost_in_sums
    return WorstCase(
        _rounding(case, path, amplified, is_stored=True),
        "products",
        tiny * inverse * channels * steps * kernel * data,
        tiny * inverse * (3 * channels + steps) + number.lost_in_storage,
    )


def _rounding(case: Case, path: int, amplified: float, *, is_stored: bool = False) -> float:
    """γ of a path of roundings, and the rounding of both operands as they enter a product, all amplified.

    `is_stored`: transformed operands are stored in the type of the tensors, as libraries do in 16 bits.
    """
    number = case.numbers
    entering = number.product_u if number.product_u != number.storage_u else 0.0
    if is_stored and number.storage_u > number.accumulate_u:
        entering = number.storage_u
    rounded = _gamma(path, number.accumulate_u) + 2 * entering * (1 + entering)
    return amplified * rounded + _gamma(case.problem.terms + 1, 2.0**-53)


def _gamma(k: int, u: float) -> float:
    return k * u / (1 - k * u) if k * u < 1 else math.inf
