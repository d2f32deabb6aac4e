"""conv2d: torch.nn.functional.conv2d, computed by any implementation."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeAlias

import torch

from impls.errors import ConvError, ProblemError
from impls.interface import Case, Plan
from impls.modes import precision_mode
from impls.padding import PaddingLike, Pair
from impls.plan_cache import SHARED, Operand, PlanCache
from impls.planning import prepare
from impls.precision import DEFAULT_FOR_DTYPE
from impls.problem import ConvProblem
from impls.registry import get, registered

# Classes whose elements are in memory as torch says; others may compute them.
_PLAIN = (torch.Tensor, torch.nn.Parameter)


# stride, padding, dilation, groups, precision and the name of the implementation.
Options: TypeAlias = "tuple[Any, Any, Any, Any, Any, Any]"


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

    The first call with a weight plans (packs, transforms, compiles), and keeps the plan for the next call with the same
    weight, bias, sizes and options, while the weight is alive and unchanged (impls.plan_cache). `plan_cache_info()`
    shows the plans, `clear_plan_cache()` frees them, `limit_plan_cache()` sets how many bytes they may take. A new
    tensor at each call, such as `weight.detach()`, plans each time: pass the same one. Threads may call it at once.

    Forward pass only: raises ConvError for tensors that require a gradient while gradients are recorded, ProblemError
    for sizes, types or devices that do not fit, Unsupported with the reason where the implementation does not compute
    this problem, UnknownImplementation for a name that is not registered.
    """
    return convolve(SHARED, x, weight, bias, (stride, padding, dilation, groups, precision, implementation))


def convolve(
    plans: PlanCache,
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    options: Options,
) -> torch.Tensor:
    """`conv2d` with plans from this cache. The code up to `find` costs every call: some microseconds."""
    _require_no_gradient(x, weight, bias)
    if x.ndim == 3:
        return convolve(plans, x.unsqueeze(0), weight, bias, options).squeeze(0)
    if x.is_neg():
        x = x.resolve_neg()
    # Private: torch has no public name for the tensor that another one is a view of.
    base = weight._base
    operands: tuple[Operand, ...] = ((weight, weight if base is None else base),)
    if bias is not None:
        base = bias._base
        operands = (operands[0], (bias, bias if base is None else base))
    key: Hashable
    try:
        key = _key(x, operands, options)
        plan = plans.find(key, operands)
    except TypeError:
        # A list as stride or padding is no part of a key.
        options = _as_tuples(options)
        key = _key(x, operands, options)
        plan = plans.find(key, operands)
    except RuntimeError:
        # A tensor without memory of its own.
        key = plan = None
    if plan is None:
        plan = _plan(plans, key, operands, x, options)
    # The key holds all that Plan.__call__ would check.
    if plan.case is None or not x.is_cuda:
        return plan.run(x)
    with precision_mode(plan.case):
        return plan.run(x)


def _require_no_gradient(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
    """Check that these are tensors, and that none needs a backward pass. Raises ConvError."""
    tensors = isinstance(x, torch.Tensor) and isinstance(weight, torch.Tensor)
    if tensors and not torch.is_grad_enabled() and (bias is None or isinstance(bias, torch.Tensor)):
        return
    for name, tensor in (("x", x), ("weight", weight), ("bias", bias)):
        if tensor is None and name == "bias":
            continue
        if not isinstance(tensor, torch.Tensor):
            raise ProblemError(f"{name} is a {type(tensor).__name__}; allowed: a torch.Tensor")
        if tensor.requires_grad and torch.is_grad_enabled():
            raise ConvError(
                f"{name} requires a gradient, and only the forward pass exists; call it under torch.inference_mode() "
                "or torch.no_grad()"
            )


def _as_tuples(value: Any) -> Any:
    """The value with tuples in place of lists. Raises ProblemError for what cannot be part of a key."""
    if isinstance(value, (list, tuple)):
        return tuple(_as_tuples(part) for part in value)
    if not isinstance(value, Hashable):
        raise ProblemError(f"an argument is {value!r}; allowed: numbers, pairs and names")
    return value


def _key(x: torch.Tensor, operands: tuple[Operand, ...], options: Options) -> Hashable:
    """All that a plan depends on, but the operands' values; None for a weight or bias that has torch's negative bit.

    A plan divides its work among the number of threads that torch had when it was made, and a plug-in that is loaded
    again may have changed. The options' text is part of the key because 1, 1.0 and True are equal, and only 1 is
    allowed.
    """
    layout = "nchw" if x.is_contiguous() else layout_of(x)
    place = (
        *options,
        repr(options[:4]),
        registered(options[-1]),
        x.shape,
        x.dtype,
        x.device,
        layout,
        torch.get_num_threads(),
    )
    weight, owner = operands[0]
    # The negative of a tensor has the same memory, shape and version (`z.conj().imag`).
    if weight.is_neg():
        return None
    first = (id(owner), weight.data_ptr(), weight.shape, weight.stride())
    rest: tuple[Hashable, ...] = ()
    if operands[1:]:
        bias, owner = operands[1]
        if bias.is_neg():
            return None
        rest = (id(owner), bias.data_ptr(), bias.shape, bias.stride())
    return (*place, *first, rest, torch.backends.cudnn.benchmark if x.is_cuda else None)


def _plan(
    plans: PlanCache,
    key: Hashable,
    operands: tuple[Operand, ...],
    x: torch.Tensor,
    options: Options,
) -> Plan:
    """A new plan, kept where it can be."""
    weight, bias = operands[0][0], operands[1][0] if operands[1:] else None
    _require_alike(x, weight, bias)
    stride, padding, dilation, groups, precision, name = options
    problem = ConvProblem.from_tensors(
        x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    layout = layout_of(x)
    case = Case(problem, precision=precision_of(x.dtype, precision), layout=layout, device=x.device.type)
    implementation = get(name)

    def made() -> tuple[Plan, int]:
        # `.data` keeps the memory and not the tensor: a plan that reads it does not keep itself alive.
        # Kernels read memory, where a negative bit is not seen.
        weights, biases = weight.data.resolve_neg(), None if bias is None else bias.data.resolve_neg()
        with torch.no_grad(), precision_mode(case):
            plan = prepare(implementation, case, weights, biases)
        work = plan.work or implementation.work(case)
        return plan, max(work.plan_bytes or 0, weights.nbytes + (0 if biases is None else biases.nbytes))

    if key is None or not all(type(tensor) in _PLAIN and not tensor.is_inference() for tensor, _ in operands):
        plans.leave_out()
        return made()[0]
    return plans.make(key, operands, made)


def _require_alike(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is None:
            continue
        if tensor.dtype != x.dtype:
            raise ProblemError(f"{name} is {tensor.dtype}, x is {x.dtype}; allowed: one type for all")
        if tensor.device != x.device:
            raise ProblemError(f"{name} is on {tensor.device}, x is on {x.device}; allowed: one device for all")


def precision_of(dtype: torch.dtype, precision: str | None = None) -> str:
    """The precision that computes tensors of a type, unless one is given. Raises ConvError for other types."""
    found = DEFAULT_FOR_DTYPE.get(str(dtype).removeprefix("torch."))
    if found is None:
        raise ConvError(f"x is {dtype}; allowed: torch.float64, float32, bfloat16 or float16")
    return precision or found


def layout_of(x: torch.Tensor) -> str:
    """The layout of a tensor: nhwc where it is channels last and not contiguous as well."""
    # The only place where strides determine the layout, as in torch: a caller of conv2d has no other way to choose it.
    channels_last = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last)
    return "nhwc" if channels_last and not x.is_contiguous() else "nchw"
