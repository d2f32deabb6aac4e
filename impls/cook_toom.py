"""Builds Winograd's minimal filtering matrices exactly, in rationals, by the Cook–Toom construction.

F(m, r) gives m outputs of an r-tap correlation from n = m + r − 1 inputs with n multiplications:
y = Aᵀ [(G g) ∘ (Bᵀ d)]. Source: S. Winograd, "Arithmetic Complexity of Computations", SIAM 1980; points at
infinity as in B. Barabasz, A. Anderson, K. M. Soodhalter, D. Gregg, "Error Analysis and Improving the Accuracy
of Winograd Convolution for Deep Neural Networks", ACM TOMS 46(4), 2020 (arXiv 1803.10986), section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

Matrix = tuple[tuple[Fraction, ...], ...]

# Interpolation points without infinity, by their number, n − 1. Small numerators and denominators keep the constants
# small; {0, ±1, ½, −2} reduces F4's error by a third compared with {0, ±1, ±2} (Barabasz et al., table 2).
POINTS: dict[int, tuple[Fraction, ...]] = {
    len(points): points
    for points in (
        tuple(map(Fraction, text.split()))
        for text in ("0 1", "0 1 -1", "0 1 -1 1/2", "0 1 -1 1/2 -2", "0 1 -1 1/2 -1/2 2", "0 1 -1 2 -2 1/2 -1/2")
    )
}
# Inputs of the widest tile with points: with more inputs, errors in float32 grow tenfold with every two.
_WIDEST = max(POINTS) + 1
# F(6, 2) would magnify errors more than F(6, 3), whose bound holds for libraries that may use it.
_LEAST_TAPS = {6: 3}


@dataclass(frozen=True, slots=True)
class Transforms:
    """Aᵀ (m × n), G (n × r) and Bᵀ (n × n) of F(m, r), exact."""

    inverse: Matrix
    kernel: Matrix
    data: Matrix


def taps(m: int) -> range:
    """All r with matrices of F(m, r); with one tap there is nothing to save."""
    return range(_LEAST_TAPS.get(m, 2), _WIDEST - m + 2)


@cache
def transforms(m: int, r: int) -> Transforms:
    """The matrices of F(m, r) for the points above. Raises KeyError where there are none."""
    return cook_toom(m, r, POINTS[m + r - 2])


@cache
def growth(m: int, r: int) -> float:
    """The most that F(m, r) adds up for an output, over the most that the correlation does, on one axis.

    For operands of at most 1 the correlation adds up r products, so at most r; F(m, r) adds up Aᵀ [(G g) ∘ (Bᵀ d)], at
    most Σ_j |A_ij| ‖G_j‖₁ ‖B_j‖₁ with the rows of G and Bᵀ. In two dimensions the factors of both axes multiply. A
    result nearer to the largest number than by this factor may overflow on the way. Source: the products of norms in
    Barabasz et al., theorem 1 (one axis) and theorem 2 (two).
    """
    t = transforms(m, r)
    kernel, data = row_sums(t.kernel), row_sums(t.data)
    return max(sum(abs(float(a)) * g * d for a, g, d in zip(row, kernel, data, strict=True)) for row in t.inverse) / r


def row_sums(matrix: Matrix) -> list[float]:
    """The sum of moduli of each row."""
    return [float(sum(map(abs, row))) for row in matrix]


def cook_toom(m: int, r: int, points: Sequence[Fraction]) -> Transforms:
    """The matrices of F(m, r) from m + r − 2 distinct points and infinity. Raises ValueError otherwise."""
    if len(set(points)) != m + r - 2:
        raise ValueError(f"F({m}, {r}) needs {m + r - 2} distinct points, not {list(points)}")
    # Vandermonde rows evaluate at the points; infinity picks the leading coefficient.
    inverse = tuple((*(p**i for p in points), Fraction(int(i == m - 1))) for i in range(m))
    scales = [_product(a - b for b in points if b != a) for a in points]
    kernel = tuple(tuple(p**j / s for j in range(r)) for p, s in zip(points, scales, strict=True))
    at_infinity = (Fraction(0),) * (r - 1) + (Fraction(1),)
    data = tuple(_monic([b for b in points if b != a], len(points) + 1) for a in points)
    return Transforms(inverse, (*kernel, at_infinity), (*data, _monic(points, len(points) + 1)))


def _product(factors: Iterable[Fraction]) -> Fraction:
    result = Fraction(1)
    for factor in factors:
        result *= factor
    return result


def _monic(roots: Sequence[Fraction], length: int) -> tuple[Fraction, ...]:
    """Coefficients, lowest first, of Π (x − root), padded with zeros to `length`."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        scaled = [*(root * c for c in coefficients), Fraction(0)]
        coefficients = [a - b for a, b in zip(shifted, scaled, strict=True)]
    return tuple(coefficients) + (Fraction(0),) * (length - len(coefficients))
