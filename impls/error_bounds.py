"""How far a right result may be from the truth: one bound for each algorithm and precision.

Each bound has two parts, and a result must keep both.

**Elementwise.** N. J. Higham and T. Mary, "A New Approach to Probabilistic Rounding Error Analysis", SIAM J.
Sci. Comput. 41(5), 2019, theorem 3.1: with rounding errors that are independent and of mean zero, a sum of n
products differs from the truth by at most γ̃_n(λ)·Σ|x||w|, γ̃_n(λ) = exp(λ√n·u + n·u²/(1 − u)) − 1, with
probability at least 1 − 2n·exp(−λ²(1 − u)²/2). λ is chosen so that all outputs together fail with
probability `FAILURE`.

For algorithms that transform, the theorem with their amplification constants would allow errors nearly as large as the
result (F6 at 512 channels: a third of it). Their elementwise bound is the rms model below times λ, because sums of many
independent errors of mean zero stay within λ standard deviations (Hoeffding; Higham and Mary, "Sharper
Probabilistic Backward Error Analysis for Basic Linear Algebra Kernels with Random Data", SIAM J. Sci. Comput.
42(5), 2020): valid for random data of mean zero, as the gate draws them.

**rms.** The elementwise bound allows for data of one sign. Inputs drawn from N(0, 1) make partial sums grow as √i
only; then n terms, each sum rounded once, leave an rms error of u·√(n/6) relative to the rms of the result
(Σ i·u²/3 over n, with rounding errors uniform in ±u), plus u/√3 for the products. An error √n times larger, as TF32
causes inside an fp32 result, passes the first part but not this one. Limits are `SAFETY` times the model.

Transforms spread an output's error over a tile or over the image, so their scale is not the output's own Σ|x||w|:
`scale` names the scale of impls.oracle.Truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from impls import worst_case
from impls.cook_toom import Matrix, transforms
from impls.cook_toom import taps as possible_taps
from impls.errors import ConvError
from impls.interface import Case
from impls.worst_case import WorstCase

# Probability that the elementwise bound rejects a right result for any of its outputs.
FAILURE = 1e-9
# Measured fp32 rms errors are 0.15 to 0.8 of the models below; TF32 inputs make 24 times the widest of them (F6 at 512
# channels) and more.
SAFETY = 4.0

# A library that may use Winograd on kernels without points here must keep the bound of 3 × 3.
_USUAL_TAPS = (3, 3)
# Σ|x||w| over √(Σx²w²) is n·(2/π) over √n for N(0, 1) data: E|z|² = 2/π.
_FOLDED_NORMAL = math.pi / 2


@dataclass(frozen=True, slots=True)
class ErrorBound:
    """|error| ≤ factor·scale + output_u·|y| + bias_u·|b| on each element, and rms(error) ≤ rms_limit·rms(y).

    `scale` is "element" (Σ|x||w| of the output itself), "plane" (its maximum over the image of that output channel) or
    "norms" (Σ_c ‖x_c‖‖w_c‖ of a whole image; each of its points has a share of 1/√points). `expected` times
    the scale is the expected rms(y) for data from N(0, 1). `terms` is the number of products of an output, `worst`
    the bound of other data and of underflow.
    """

    label: str
    factor: float
    output_u: float
    bias_u: float
    rms_limit: float
    scale: str
    expected: float
    terms: int
    worst: WorstCase


def bound_for(algorithm: str, case: Case) -> ErrorBound:
    """The bound that results of `algorithm` must keep on this case. Raises ConvError for an unknown bound."""
    if algorithm not in _BOUNDS:
        raise ConvError(f"there is no error bound {algorithm!r}; allowed: {', '.join(_BOUNDS)}")
    return _BOUNDS[algorithm](case)


def gamma(n: float, u: float, confidence: float) -> float:
    """Higham and Mary's γ̃_n(λ) = exp(λ√n·u + n·u²/(1 − u)) − 1."""
    return math.expm1(confidence * math.sqrt(n) * u + n * u * u / (1 - u))


def confidence(n: float, outputs: int) -> float:
    """The λ for which `outputs` sums of n terms all keep γ̃_n(λ), except with probability FAILURE."""
    return math.sqrt(2 * math.log(2 * max(1.0, n) * max(1, outputs) / FAILURE))


def _finish(
    case: Case,
    label: str,
    factor: float,
    rms: float,
    scale: str,
    expected: float,
    worst: WorstCase,
    roundings: int = 1,
) -> ErrorBound:
    """Add the errors of precision other than accumulation, and the errors of the oracle.

    Operands that are rounded on entering a product (TF32) each add u_p to the elementwise factor and u_p/√3 to the rms.
    A result stored in fewer bits than its sum is rounded once more, or twice where a bias is added to the stored result
    (`roundings`). The oracle sums in float64.
    """
    number = case.numbers
    entering = number.product_u if number.product_u != number.storage_u else 0.0
    storing = number.storage_u if number.storage_u > number.accumulate_u else 0.0
    oracle_n = case.problem.terms + 1
    oracle = gamma(oracle_n, 2.0**-53, confidence(oracle_n, case.problem.outputs))
    model = math.sqrt(rms**2 + 2 * entering**2 / 3 + roundings * storing**2 / 3)
    return ErrorBound(
        label=label,
        factor=factor + 2 * entering * math.sqrt(case.problem.terms) * expected + oracle,
        output_u=roundings * storing,
        # Before the bias was added, the result was y − b.
        bias_u=(roundings - 1) * storing,
        rms_limit=SAFETY * (model + _sum_rms(oracle_n, 2.0**-53)),
        scale=scale,
        expected=expected,
        terms=case.problem.terms,
        worst=worst,
    )


def _sum_rms(n: float, u: float) -> float:
    """rms error of a sum of n random products, relative to the rms of the sum: u·√(n/6 + 1/3)."""
    return u * math.sqrt(n / 6 + 1 / 3)


def _direct(case: Case, label: str = "direct", roundings: int = 1) -> ErrorBound:
    """One sum of C/G·KH·KW products (and the bias), in any order: the theorem itself."""
    n = case.problem.terms + int(case.problem.bias)
    u = case.numbers.accumulate_u
    trust = confidence(n, case.problem.outputs)
    rms, expected = _sum_rms(n, u), _FOLDED_NORMAL / math.sqrt(n)
    # For long sums of random data the rms model is the sharper bound.
    factor = min(gamma(n, u, trust), SAFETY * trust * rms * expected)
    return _finish(case, label, factor, rms, "element", expected, worst_case.direct(case, roundings), roundings)


def _direct_then_bias(case: Case) -> ErrorBound:
    """The direct bound for a result that is stored before and after adding the bias, as torch calls cuDNN."""
    return _direct(case, "direct, bias added to the stored result", 1 + int(case.problem.bias))


def _fft(case: Case) -> ErrorBound:
    """Two transforms, a sum over C/G channels of complex products, and a transform back.

    The rms relative error of an FFT of N points grows as u·√log₂N (J. C. Schatzman, "Accuracy of the Discrete
    Fourier Transform and the Fast Fourier Transform", SIAM J. Sci. Comput. 17(5), 1996); three transforms make
    √(3·log₂N)·u. Errors of different frequencies are independent, so the image shares them evenly: by
    Parseval an element's share of Σ_c‖x_c‖‖w_c‖ is 1/√N of it.

    N is the number of points of the padded image in a fast length. Implementations that share its margins or cut it
    into tiles spread fewer errors over fewer points: the rms is the same, and `SAFETY` covers tiles that are fuller
    than the mean of the image.
    """
    from scipy.fft import next_fast_len

    p, u = case.problem, case.numbers.accumulate_u
    height, width = (int(next_fast_len(p.size[axis] + sum(p.padding[axis]), real=True)) for axis in (0, 1))
    points, channels = height * width, p.in_channels // p.groups
    rms = u * math.sqrt(3 * math.log2(max(2, points)) + channels / 6 + 1 / 3 + int(p.bias))
    # Errors of channels are independent too: they add up to √channels, not channels, of the sum of norms.
    expected = 1 / math.sqrt(points * channels)
    # `norms` contains the whole bias; its one rounding is at most u of the result.
    factor = SAFETY * confidence(points, p.outputs) * rms * expected + int(p.bias) * u
    return _finish(case, "fft", factor, rms, "norms", expected, worst_case.fft(case, points))


def _winograd(m: int) -> Callable[[Case], ErrorBound]:
    def bound(case: Case) -> ErrorBound:
        """Transforms of n = m + r − 1 terms, a sum over channels, and a transform back, all amplified.

        Source: Barabasz, Anderson, Soodhalter, Gregg, ACM TOMS 46(4), 2020, theorem 2, which bounds the error by
        products of the matrices' norms; for random data squares take the place of moduli (`amplification`).
        """
        p, number = case.problem, case.numbers
        u = number.accumulate_u
        taps = p.kernel if all(r in possible_taps(m) for r in p.kernel) else _USUAL_TAPS
        channels = p.in_channels // p.groups
        # Each of the four one-axis transforms, two on each axis, sums n products; a transformed filter is rounded once.
        n = sum(m + r - 1 for r in taps) / 2
        model = u * math.sqrt(channels / 6 + 4 * (n / 6 + 1 / 3) + 1 / 3 + int(p.bias))
        if number.storage_u > u:
            # Libraries that compute in 16 bits store both transformed operands in 16 bits.
            model = math.hypot(model, number.storage_u * math.sqrt(2 / 3))
        worst, mean = (math.sqrt(a * b) for a, b in zip(*(amplification(m, r) for r in taps), strict=True))
        expected = _FOLDED_NORMAL / math.sqrt(p.terms)
        factor = SAFETY * confidence(channels + 4 * n, p.outputs) * worst * model * expected
        return _finish(
            case, f"winograd-f{m}", factor, mean * model, "plane", expected, worst_case.winograd(case, m, taps)
        )

    return bound


@cache
def amplification(m: int, r: int) -> tuple[float, float]:
    """The factor by which F(m, r) magnifies the variance of its products' rounding errors: (worst, mean) of m outputs.

    For each output it is Σ A²·‖G‖²·‖B‖² / r: the variance of the output for operands and errors of unit variance, over
    the variance of the correlation that it computes. In two dimensions the factors of both axes multiply, and the root
    of the product is the factor of the error.
    """
    t = transforms(m, r)
    kernel, data = _row_squares(t.kernel), _row_squares(t.data)
    rows = [sum(float(a) ** 2 * g * d for a, g, d in zip(row, kernel, data, strict=True)) / r for row in t.inverse]
    return max(rows), sum(rows) / len(rows)


def _row_squares(matrix: Matrix) -> list[float]:
    return [sum(float(v) ** 2 for v in row) for row in matrix]


_BOUNDS: dict[str, Callable[[Case], ErrorBound]] = {
    "direct": _direct,
    "direct-then-bias": _direct_then_bias,
    "fft": _fft,
    "winograd-f2": _winograd(2),
    "winograd-f4": _winograd(4),
    "winograd-f5": _winograd(5),
    "winograd-f6": _winograd(6),
}
