"""The error bounds of a library that hides its choice of algorithm."""

from __future__ import annotations

from impls.interface import Case

# NNPACK and cuDNN transform tiles of the image; kernels beyond them are computed directly.
_LARGEST_FFT_KERNEL = 16


def possible_bounds(case: Case) -> tuple[str, ...]:
    """The error bounds of all algorithms that could have run: transforms only where they exist, and only in fp32.

    In 16 bits libraries compute directly; on CUDA torch adds the bias to the stored result.
    """
    p = case.problem
    if case.numbers.bytes == 2:
        return ("direct-then-bias",) if case.device == "cuda" else ("direct",)
    if case.precision == "fp64" or p.stride != (1, 1) or p.dilation != (1, 1) or p.kernel == (1, 1):
        return ("direct",)
    found = ["direct"]
    if max(p.kernel) <= _LARGEST_FFT_KERNEL:
        found.append("fft")
    if p.kernel == (3, 3):
        found.append("winograd-f6")
    return tuple(found)
