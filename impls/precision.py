"""The precisions of a convolution, as plain numbers; no tensor library is loaded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Precision:
    """A way of storing operands and of accumulating products.

    `storage_u` is the unit roundoff of the tensors' type, `product_u` that of the operands of a multiplication (coarser
    for TF32), `accumulate_u` that of the running sum. All are half an ulp at 1: 2**-(t) with t significant bits.
    `lost_in_sums` and `lost_in_storage` are the most that one operation, and storing a result, lose by underflow: the
    smallest normal number of the type, as hardware may flush smaller ones to 0 (vector units by a switch, Intel's
    dot products of bf16 always); in fp16, which no unit here flushes, half the smallest subnormal number.
    Sources: N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., sections 2.1 and 2.2, equation
    (2.8); Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, VDPBF16PS.
    """

    name: str
    dtype: str
    bytes: int
    storage_u: float
    product_u: float
    accumulate_u: float
    lost_in_sums: float = 2.0**-126
    lost_in_storage: float = 2.0**-126


_FP64 = 2.0**-53
_FP32 = 2.0**-24
_FP16 = 2.0**-11
_BF16 = 2.0**-8
_TF32 = 2.0**-11
# An operand is split into high + low, both TF32: high is off by at most 2**-11 of it, and low by 2**-11 of that. Three
# products are summed, high × low and low × high first. The fourth, low × low, is left out: a third error of at most
# 2**-22, of the π such errors that bounds of sums allow for rounded operands (impls.error_bounds). Source: H.
# Ootomo, R. Yokota, "Recovering Single Precision Accuracy from Tensor Cores While Surpassing the FP32 Theoretical Peak
# Performance", IJHPCA 36(4), 2022.
_TF32X3 = 2.0**-22

PRECISIONS: dict[str, Precision] = {
    p.name: p
    for p in (
        Precision("fp64", "float64", 8, _FP64, _FP64, _FP64, 2.0**-1022, 2.0**-1022),
        Precision("fp32", "float32", 4, _FP32, _FP32, _FP32),
        Precision("tf32", "float32", 4, _FP32, _TF32, _FP32),
        Precision("tf32x3", "float32", 4, _FP32, _TF32X3, _FP32),
        Precision("bf16", "bfloat16", 2, _BF16, _BF16, _FP32),
        Precision("fp16", "float16", 2, _FP16, _FP16, _FP32, lost_in_storage=2.0**-25),
    )
}

# The precision of a tensor's type when the caller names none: fp32 is IEEE, never TF32.
DEFAULT_FOR_DTYPE: dict[str, str] = {
    "float64": "fp64",
    "float32": "fp32",
    "bfloat16": "bf16",
    "float16": "fp16",
}
