"""conv2d: torch.nn.functional.conv2d, computed by any implementation."""

from __future__ import annotations

import torch

from impls.errors import ConvError, ProblemError
from impls.interface import Case
from impls.modes import precision_mode
from impls.padding import PaddingLike, Pair
from impls.planning import prepare
from impls.precision import DEFAULT_FOR_DTYPE
from impls.problem import ConvProblem
from impls.registry import get


def conv2d(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int | Pair = 1,
    padding: PaddingLike = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    *,
    precision: str | None = None,
    implementation: str = "direct",
) -> torch.Tensor:
    """Cross-correlate x with weight, computed by the named implementation.

    x is (N, C, H, W) or (C, H, W), weight (K, C/groups, KH, KW), bias (K,); the result is (N, K, OH, OW)
    or (K, OH, OW), in x's type and device, channels last where x is. `padding` is an int, a pair,
    ((top, bottom), (left, right)), "same" (⌈n/stride⌉ outputs) or "valid". The default `precision` is that of x's
    type: float32 is IEEE fp32, never TF32.

    Forward pass only: raises ConvError for tensors that require a gradient while gradients are recorded, ProblemError
    for sizes, types or devices that do not fit, Unsupported with the reason where the implementation does not compute
    this problem, UnknownImplementation for a name that is not registered.
    """
    _require_alike(x, weight, bias)
    problem = ConvProblem.from_tensors(
        x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    batched = x if x.ndim == 4 else x.unsqueeze(0)
    case = Case(
        problem,
        precision=_precision_for(x.dtype, precision),
        layout=_layout_of(batched),
        device=x.device.type,
    )
    with torch.no_grad(), precision_mode(case):
        y = prepare(get(implementation), case, weight, bias)(batched)
    return y if x.ndim == 4 else y.squeeze(0)


def _require_alike(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
    for name, tensor in (("x", x), ("weight", weight), ("bias", bias)):
        if tensor is None and name == "bias":
            continue
        if not isinstance(tensor, torch.Tensor):
            raise ProblemError(f"{name} is a {type(tensor).__name__}; allowed: a torch.Tensor")
        if tensor.requires_grad and torch.is_grad_enabled():
            raise ConvError(f"{name} requires a gradient, and only the forward pass exists; allowed: {name}.detach()")
        if tensor.dtype != x.dtype:
            raise ProblemError(f"{name} is {tensor.dtype}, x is {x.dtype}; allowed: one type for all")
        if tensor.device != x.device:
            raise ProblemError(f"{name} is on {tensor.device}, x is on {x.device}; allowed: one device for all")


def _precision_for(dtype: torch.dtype, precision: str | None) -> str:
    found = DEFAULT_FOR_DTYPE.get(str(dtype).removeprefix("torch."))
    if found is None:
        raise ConvError(f"x is {dtype}; allowed: torch.float64, float32, bfloat16 or float16")
    return precision or found


def _layout_of(x: torch.Tensor) -> str:
    # The only place where strides determine the layout, as in torch: a caller of conv2d has no other way to choose it.
    channels_last = x.is_contiguous(memory_format=torch.channels_last)
    return "nhwc" if channels_last and not x.is_contiguous() else "nchw"
