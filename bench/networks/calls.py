"""Reads one call of a torch operator: its kind, FLOPs and sizes, and how receptive fields pass through it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.utils.flop_counter import flop_registry

from bench.networks.operation import NetworkOperation, OperationKind
from bench.networks.receptive import ReceptiveField, joined
from bench.networks.shapes import PRECISIONS, ConvolutionSizes, plane

# Operations on each element of the output, where they are additions, multiplications and comparisons; None where they
# are more than that. A batch norm is x·scale + shift, with both computed from a few numbers a channel.
_ELEMENTWISE: dict[str, tuple[OperationKind, int | None]] = {
    name: (kind, each)
    for kind, each, names in (
        (OperationKind.ARITHMETIC, 1, "add sub mul div rsub maximum minimum"),
        (OperationKind.ACTIVATION, 1, "relu threshold"),
        (OperationKind.ACTIVATION, 2, "hardtanh clamp leaky_relu prelu _prelu_kernel"),
        (OperationKind.ACTIVATION, 4, "hardsigmoid hardswish"),
        (OperationKind.ACTIVATION, None, "sigmoid tanh silu gelu elu mish softplus _softmax _log_softmax"),
        (OperationKind.NORMALISATION, 2, "native_batch_norm _native_batch_norm_legit_no_training"),
        (OperationKind.NORMALISATION, 2, "_native_batch_norm_legit cudnn_batch_norm _batch_norm_with_update"),
        (OperationKind.NORMALISATION, None, "native_layer_norm native_group_norm _fused_rms_norm"),
        (OperationKind.CONCATENATION, 0, "cat"),
        (OperationKind.PADDING, 0, "constant_pad_nd reflection_pad1d reflection_pad2d"),
        (OperationKind.PADDING, 0, "replication_pad1d replication_pad2d"),
    )
    for name in names.split()
}
_DENSE = frozenset({"mm", "addmm", "bmm", "baddbmm"})
_ATTENTION = "_scaled_dot_product"
_POOLS = ("max_pool2d_with_indices", "avg_pool2d", "max_pool3d_with_indices", "avg_pool3d")
_WHOLE_POOLS = ("mean", "_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_max_pool2d", "amax", "sum")


@dataclass(frozen=True, slots=True)
class OperatorCall:
    """One call of an operator with its result.

    `fields` are the receptive fields of those arguments that come from the network's input; `parameters` is the number
    of parameters among the arguments.
    """

    function: Any
    arguments: tuple[Any, ...]
    result: Any
    fields: tuple[ReceptiveField | None, ...]
    parameters: int

    @property
    def operator(self) -> str:
        """The name of the operator, without its overload and without the mark of one that writes in place."""
        return str(self.function.overloadpacket.__name__).removesuffix("_")

    @property
    def is_view(self) -> bool:
        """Whether the result shares memory with an argument that is not written to."""
        aliases = [one.alias_info for one in self.function._schema.arguments]
        return any(alias is not None and not alias.is_write for alias in aliases)

    @property
    def output(self) -> torch.Tensor | None:
        return next(iter(tensors_of(self.result)), None)

    @property
    def bytes_moved(self) -> int:
        """Every tensor that is read or written, once."""
        written = [one for one in tensors_of(self.result) if one.numel()]
        return sum(one.nbytes for one in (*tensors_of(self.arguments), *written))


def tensors_of(value: Any) -> tuple[torch.Tensor, ...]:
    """The tensors in nested tuples and lists."""
    if isinstance(value, torch.Tensor):
        return (value,)
    if isinstance(value, (tuple, list)):
        return tuple(tensor for part in value for tensor in tensors_of(part))
    return ()


def operation(call: OperatorCall, name: str) -> tuple[NetworkOperation | None, ReceptiveField | None]:
    """The operation of a call, None for one that moves nothing, and the receptive field of its result."""
    output, operator = call.output, call.operator
    field = joined(call.fields) if call.fields else None
    if output is None or call.is_view or not tensors_of(call.arguments):
        return None, field
    found = NetworkOperation(
        name, OperationKind.OTHER, operator, tuple(output.shape), None, call.bytes_moved, call.parameters
    )
    reader = _reader(operator)
    if reader is not None:
        found, field = reader(call, found, field)
    return replace(found, receptive_field=None if field is None else field.size), field


_Read = tuple[NetworkOperation, "ReceptiveField | None"]
_Reader = Callable[[OperatorCall, NetworkOperation, "ReceptiveField | None"], _Read]


def _reader(operator: str) -> _Reader | None:
    if operator == "convolution":
        return _convolution
    if operator in _ELEMENTWISE:
        return _elementwise
    if operator in _DENSE or operator.startswith(_ATTENTION):
        return _dense
    if operator in _POOLS:
        return _pooling
    return _whole_pooling if operator in _WHOLE_POOLS else None


def _convolution(call: OperatorCall, found: NetworkOperation, field: ReceptiveField | None) -> _Read:
    x, weight, bias, stride, padding, dilation, transposed, _, groups = call.arguments
    axes = weight.ndim - 2
    sizes = ConvolutionSizes(
        tuple(x.shape), tuple(weight.shape), _each(stride, axes), tuple((p, p) for p in _each(padding, axes)),
        _each(dilation, axes), groups, bias is not None, transposed,
    )  # fmt: skip
    assert found.output_shape is not None
    macs, problem = sizes.macs(found.output_shape), sizes.problem()
    dtype = str(x.dtype).removeprefix("torch.")
    if dtype not in PRECISIONS:
        problem = f"in {dtype}: only {', '.join(PRECISIONS)} are measured"
    biases = math.prod(found.output_shape) if sizes.bias else 0
    whole = replace(found, kind=OperationKind.CONVOLUTION, macs=macs, flops=2 * macs + biases)
    kernel, strides, dilations = (plane(values) for values in (sizes.weight[2:], sizes.stride, sizes.dilation))
    if transposed or field is None or kernel is None or strides is None or dilations is None:
        field = None
    else:
        field = field.after(kernel, strides, dilations)
    if isinstance(problem, str):
        return replace(whole, reason=problem), field
    return replace(whole, problem=problem, precision=PRECISIONS[dtype]), field


def _each(values: Sequence[int], axes: int) -> tuple[int, ...]:
    """A number for each axis: torch writes one for all."""
    return tuple(values) if len(values) == axes else tuple(values) * axes


def _elementwise(call: OperatorCall, found: NetworkOperation, field: ReceptiveField | None) -> _Read:
    kind, each = _ELEMENTWISE[call.operator]
    assert found.output_shape is not None
    flops = None if each is None else each * math.prod(found.output_shape)
    return replace(found, kind=kind, flops=flops), field


def _dense(call: OperatorCall, found: NetworkOperation, _: ReceptiveField | None) -> _Read:
    counter = flop_registry.get(call.function.overloadpacket)
    flops = None if counter is None else int(counter(*call.arguments, out_val=call.result))
    macs = None if flops is None else flops // 2
    if flops is not None and call.operator == "addmm":
        assert found.output_shape is not None
        flops += math.prod(found.output_shape)
    kind = OperationKind.ATTENTION if call.operator.startswith(_ATTENTION) else OperationKind.DENSE
    return replace(found, kind=kind, flops=flops, macs=macs), None


def _pooling(call: OperatorCall, found: NetworkOperation, field: ReceptiveField | None) -> _Read:
    _, kernel, *rest = call.arguments
    axes = 3 if "3d" in call.operator else 2
    kernel = _each(kernel, axes)
    stride = _each(rest[0], axes) if rest and rest[0] else kernel
    dilation = _each(rest[2], axes) if call.operator.startswith("max") and len(rest) > 2 else (1,) * axes
    assert found.output_shape is not None
    # A comparison or an addition for each value under the window.
    found = replace(found, kind=OperationKind.POOLING, flops=math.prod(kernel) * math.prod(found.output_shape))
    window, steps, gaps = plane(kernel), plane(stride), plane(dilation)
    if field is None or window is None or steps is None or gaps is None:
        return found, None
    return found, field.after(window, steps, gaps)


def _whole_pooling(call: OperatorCall, found: NetworkOperation, _: ReceptiveField | None) -> _Read:
    values = tensors_of(call.arguments)[0].numel()
    return replace(found, kind=OperationKind.POOLING, flops=values), None
