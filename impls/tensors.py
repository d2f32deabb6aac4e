"""Tensor operations that several implementations share: types, layouts, outputs, padding."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F

from impls.interface import Case
from impls.problem import ConvProblem

_MEMORY_FORMAT = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}


def dtype_of(case: Case) -> torch.dtype:
    """The torch type of the case's tensors."""
    dtype = getattr(torch, case.numbers.dtype)
    assert isinstance(dtype, torch.dtype)
    return dtype


def in_layout(tensor: torch.Tensor, layout: str) -> torch.Tensor:
    """`tensor` (N, C, H, W) dense in `layout`; the tensor itself if it already is."""
    return tensor.contiguous(memory_format=_MEMORY_FORMAT[layout])


def lies_in(tensor: torch.Tensor, layout: str) -> bool:
    """Whether a tensor (N, C, H, W) is dense in `layout`."""
    return tensor.is_contiguous(memory_format=_MEMORY_FORMAT[layout])


def empty_output(case: Case, device: torch.device | None = None) -> torch.Tensor:
    """An uninitialised output of the case: (N, K, OH, OW) in its type and layout, on its device or on `device`."""
    return torch.empty(
        case.problem.output_shape,
        dtype=dtype_of(case),
        device=device or torch.device(case.device),
        memory_format=_MEMORY_FORMAT[case.layout],
    )


def output_maker(case: Case) -> Callable[[], torch.Tensor]:
    """A function that makes such outputs; strides are computed once for all calls of a plan."""
    like = empty_output(case, torch.device("meta"))
    return partial(torch.empty_strided, like.shape, like.stride(), dtype=like.dtype, device=torch.device(case.device))


def pad(x: torch.Tensor, problem: ConvProblem) -> torch.Tensor:
    """x with the problem's zero padding around it: a copy, or x itself if there is none."""
    (top, bottom), (left, right) = problem.padding
    if top == bottom == left == right == 0:
        return x
    return F.pad(x, (left, right, top, bottom))


def has_padding(problem: ConvProblem) -> bool:
    return problem.padding != ((0, 0), (0, 0))
