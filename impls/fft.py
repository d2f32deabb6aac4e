"""Convolution as a product of spectra, over the whole image.

Source: M. Mathieu, M. Henaff, Y. LeCun, "Fast Training of Convolutional Networks through FFTs", ICLR 2014
(arXiv 1312.5851). Real transforms of 5-smooth length; the products of one frequency over all images and
channels are one complex matrix product. The filter's spectrum is made once, in the plan. A stride is
computed by leaving outputs out, a dilation by zeros in the kernel: right, and honestly wasteful.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from scipy.fft import next_fast_len

from impls.interface import Case, Implementation, Plan, Work
from impls.padding import Pair, extent
from impls.problem import ConvProblem
from impls.tensors import in_layout

# A complex FFT of length n is modelled as 5 n log2 n FLOPs, a real one as half (M. Frigo, S. G. Johnson,
# "The Design and Implementation of FFTW3", Proc. IEEE 93(2), 2005); real FLOPs of one complex
# multiply–add: 8.
_REAL_FFT_FLOPS = 2.5
_COMPLEX_FMA_FLOPS = 8


class Fft(Implementation):
    name = "fft"
    algorithm = "fft"
    provider = "torch FFT"
    devices = ("cpu", "cuda")
    precisions = ("fp32", "fp64")
    bounds = ("fft",)

    def work(self, case: Case) -> Work:
        p = case.problem
        height, width = transform_size(p)
        points, bins = height * width, height * (width // 2 + 1)
        images_in, images_out = p.batch * p.in_channels, p.batch * p.out_channels
        transforms = _REAL_FFT_FLOPS * points * math.log2(max(2, points)) * (images_in + images_out)
        products = _COMPLEX_FMA_FLOPS * bins * p.batch * p.out_channels * (p.in_channels // p.groups)
        real, cplx = case.numbers.bytes, 2 * case.numbers.bytes
        padded, spectra_in = real * points * images_in, cplx * bins * images_in
        spectra_out, full = cplx * bins * images_out, real * points * images_out
        filters = cplx * bins * p.out_channels * (p.in_channels // p.groups)
        return Work(
            plan_bytes=filters,
            flops=round(transforms) + products + p.outputs * p.bias,
            bytes_moved=case.compulsory_bytes + filters + 2 * (padded + 2 * spectra_in + 2 * spectra_out + full),
            workspace_bytes=max(
                padded + spectra_in, 2 * max(spectra_in, spectra_out) + spectra_out, spectra_out + full
            ),
        )

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        p = case.problem
        filters = _filter_spectrum(weight.detach(), p)
        run = _nchw if case.layout == "nchw" else _nhwc
        return Plan(lambda x: run(x.detach(), filters, bias, case))


def transform_size(p: ConvProblem) -> Pair:
    """Length of the transform on each axis: the padded input, rounded up to a fast length.

    That no longer is needed: circular wrap-around reaches only positions that a valid correlation
    never reads.
    """
    height, width = (next_fast_len(p.size[a] + sum(p.padding[a]), real=True) for a in (0, 1))
    return int(height), int(width)


def _filter_spectrum(weight: torch.Tensor, p: ConvProblem) -> torch.Tensor:
    """Conjugate spectrum (correlation, not convolution), frequency-major: (F, G, C/G, K/G)."""
    spans = [extent(p.kernel[a], p.dilation[a]) for a in (0, 1)]
    dilated = weight.new_zeros(*weight.shape[:2], *spans)
    dilated[:, :, :: p.dilation[0], :: p.dilation[1]] = weight
    spectrum: torch.Tensor = torch.fft.rfft2(dilated, s=transform_size(p)).conj()
    grouped = spectrum.reshape(p.groups, p.out_channels // p.groups, p.in_channels // p.groups, -1)
    return grouped.permute(3, 0, 2, 1).resolve_conj().contiguous()


def _products(spectra: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """(F, G, N, C/G) times (F, G, C/G, K/G), one matrix product a frequency and group."""
    if filters.shape[2:] == (1, 1):
        return spectra * filters
    return torch.matmul(spectra, filters)


def _nchw(x: torch.Tensor, filters: torch.Tensor, bias: torch.Tensor | None, case: Case) -> torch.Tensor:
    p = case.problem
    height, width = transform_size(p)
    (top, _), (left, _) = p.padding
    padded = F.pad(x, (left, width - p.size[1] - left, top, height - p.size[0] - top))
    spectra = torch.fft.rfft2(padded).reshape(p.batch, p.groups, p.in_channels // p.groups, filters.shape[0])
    del padded
    products = _products(spectra.permute(3, 1, 0, 2), filters)
    del spectra
    spectrum = products.permute(2, 1, 3, 0).reshape(p.batch, p.out_channels, height, width // 2 + 1)
    y = torch.fft.irfft2(spectrum, s=(height, width))
    return _finish(y, bias, case)


def _nhwc(x: torch.Tensor, filters: torch.Tensor, bias: torch.Tensor | None, case: Case) -> torch.Tensor:
    """The same with channels last throughout: spectra are frequency-major as they come."""
    p = case.problem
    height, width = transform_size(p)
    (top, _), (left, _) = p.padding
    sides = (0, 0, left, width - p.size[1] - left, top, height - p.size[0] - top)
    padded = F.pad(x.permute(0, 2, 3, 1), sides)
    spectra = torch.fft.rfft2(padded, dim=(1, 2)).reshape(
        p.batch, filters.shape[0], p.groups, p.in_channels // p.groups
    )
    del padded
    products = _products(spectra.permute(1, 2, 0, 3), filters)
    del spectra
    spectrum = products.permute(2, 0, 1, 3).reshape(p.batch, height, width // 2 + 1, p.out_channels)
    y = torch.fft.irfft2(spectrum, s=(height, width), dim=(1, 2)).permute(0, 3, 1, 2)
    return _finish(y, bias, case)


def _finish(y: torch.Tensor, bias: torch.Tensor | None, case: Case) -> torch.Tensor:
    """Cut the outputs out of the circular correlation, add the bias, lay them densely."""
    p = case.problem
    rows, columns = p.output_size
    kept = y[:, :, : (rows - 1) * p.stride[0] + 1 : p.stride[0], : (columns - 1) * p.stride[1] + 1 : p.stride[1]]
    if bias is not None:
        kept = kept + bias.view(-1, 1, 1)
    return in_layout(kept, case.layout)
