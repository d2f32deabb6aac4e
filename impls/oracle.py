"""The reference result: float64 convolution in bounded memory, with the scales of error bounds.

One kernel tap at a time, y += W[:, :, a, b] · x[shifted], as matrix products in float64 over blocks of output rows.
It shares no code with the implementations, and its workspace does not grow with the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from impls.problem import ConvProblem
from impls.tensors import pad

# Elements of one block of (input channels + output channels) × pixels in float64: 64 MiB.
_BLOCK_ELEMENTS = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Truth:
    """The right output, and the scales of rounding errors; all float64, on the CPU.

    `y` (N, K, OH, OW) is the convolution; `scale` is the convolution of |x|, |w| and |b|; `norms` (N, K, 1, 1) is
    Σ_c ‖x_c‖₂·‖w_kc‖₂ + |b_k|, which scales errors that a transform of the whole image spreads evenly; `bias`
    (1, K, 1, 1) is the bias, or zeros. `largest_x` and `largest_weight` are the largest moduli. `is_random` says that
    products are draws of one distribution, as likely positive as negative; otherwise only worst-case bounds hold.
    """

    y: torch.Tensor
    scale: torch.Tensor
    norms: torch.Tensor
    bias: torch.Tensor
    largest_x: float
    largest_weight: float
    is_random: bool = True


def truth(problem: ConvProblem, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> Truth:
    """The float64 convolution of tensors of any type, layout and device, with the scales of its errors."""
    x64, w64 = _float64(x), _float64(weight)
    b64 = None if bias is None else _float64(bias)
    magnitude = None if b64 is None else b64.abs()
    return Truth(
        y=_convolve(problem, x64, w64, b64),
        scale=_convolve(problem, x64.abs(), w64.abs(), magnitude),
        norms=_norms(problem, x64, w64, magnitude),
        bias=(torch.zeros(problem.out_channels, dtype=torch.float64) if b64 is None else b64).view(1, -1, 1, 1),
        largest_x=_largest(x64),
        largest_weight=_largest(w64),
    )


def reference(problem: ConvProblem, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """The float64 convolution alone: (N, K, OH, OW) on the CPU."""
    return _convolve(problem, _float64(x), _float64(weight), None if bias is None else _float64(bias))


def _largest(tensor: torch.Tensor) -> float:
    return float(tensor.abs().max()) if tensor.numel() else 0.0


def _float64(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().to(device="cpu", dtype=torch.float64)


def _convolve(p: ConvProblem, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor | None) -> torch.Tensor:
    padded = pad(x, p)
    y = torch.zeros(p.output_shape, dtype=torch.float64)
    per_in, per_out = p.in_channels // p.groups, p.out_channels // p.groups
    rows = max(1, _BLOCK_ELEMENTS // ((per_in + per_out) * p.output_size[1]))
    for n in range(p.batch):
        for g in range(p.groups):
            source = padded[n, g * per_in : (g + 1) * per_in]
            taps = w[g * per_out : (g + 1) * per_out]
            for first in range(0, p.output_size[0], rows):
                last = min(first + rows, p.output_size[0])
                block = y[n, g * per_out : (g + 1) * per_out, first:last]
                block += _block(p, source, taps, first, last)
    return y if b is None else y + b.view(-1, 1, 1)


def _block(p: ConvProblem, source: torch.Tensor, taps: torch.Tensor, first: int, last: int) -> torch.Tensor:
    """Output rows [first, last) of one image and group: (K/G, rows, OW)."""
    (sh, sw), (dh, dw) = p.stride, p.dilation
    rows, columns = last - first, p.output_size[1]
    total = torch.zeros(taps.shape[0], rows * columns, dtype=torch.float64)
    for a in range(p.kernel[0]):
        top = first * sh + a * dh
        for d in range(p.kernel[1]):
            left = d * dw
            shifted = source[:, top : top + (rows - 1) * sh + 1 : sh, left : left + (columns - 1) * sw + 1 : sw]
            total.addmm_(taps[:, :, a, d], shifted.reshape(shifted.shape[0], -1))
    return total.view(-1, rows, columns)


def _norms(p: ConvProblem, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor | None) -> torch.Tensor:
    per_in, per_out = p.in_channels // p.groups, p.out_channels // p.groups
    images = torch.linalg.vector_norm(x, dim=(2, 3)).view(p.batch, p.groups, 1, per_in)
    filters = torch.linalg.vector_norm(w, dim=(2, 3)).view(1, p.groups, per_out, per_in)
    norms: torch.Tensor = (images * filters).sum(dim=3).reshape(p.batch, p.out_channels)
    norms = norms if b is None else norms + b
    return norms.view(p.batch, p.out_channels, 1, 1)
