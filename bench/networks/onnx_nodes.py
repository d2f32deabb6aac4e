"""Reads the nodes of an ONNX graph as operations. Source: ONNX operator specifications, opset 7 and later."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.networks.onnx_tensors import OnnxTensor, attributes, subgraphs
from bench.networks.operation import NetworkOperation, OperationKind
from bench.networks.receptive import ReceptiveField, joined
from bench.networks.shapes import PRECISIONS, ConvolutionSizes, plane

_CONVOLUTIONS = ("Conv", "ConvTranspose", "QLinearConv", "ConvInteger", "DeformConv")
# The input of each that is its weight.
_WEIGHT = {"QLinearConv": 3}
_QUANTISED = "quantised: only floating-point convolutions are measured"
_REFUSED = {
    "QLinearConv": _QUANTISED,
    "ConvInteger": _QUANTISED,
    "DeformConv": "deformable: only ordinary convolutions are measured",
}
# Kinds of the others, with the operations on each element of the output; None where they are more than additions,
# multiplications and comparisons.
_ELEMENTWISE: dict[str, tuple[OperationKind, int | None]] = {
    name: (kind, each)
    for kind, each, names in (
        (OperationKind.ARITHMETIC, 1, "Add Sub Mul Div Max Min Sum"),
        (OperationKind.ACTIVATION, 1, "Relu"),
        (OperationKind.ACTIVATION, 2, "Clip LeakyRelu PRelu"),
        (OperationKind.ACTIVATION, 4, "HardSigmoid HardSwish"),
        (OperationKind.ACTIVATION, None, "Sigmoid Tanh Gelu Elu Softmax LogSoftmax Erf Softplus Mish"),
        (OperationKind.NORMALISATION, 2, "BatchNormalization"),
        (OperationKind.NORMALISATION, None, "InstanceNormalization LayerNormalization GroupNormalization LRN"),
        (OperationKind.CONCATENATION, 0, "Concat"),
        (OperationKind.PADDING, 0, "Pad"),
    )
    for name in names.split()
}
_POOLS = ("MaxPool", "AveragePool")
_WHOLE_POOLS = ("GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceSum", "ReduceMax")
_DENSE = ("Gemm", "MatMul")
# They move nothing, or only sizes.
_LEFT_OUT = frozenset({"Constant", "Shape", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout"})


class OnnxGraph:
    """The tensors of a graph by name, and the receptive fields of those that come from its `inputs`."""

    def __init__(self, tensors: Mapping[str, OnnxTensor], inputs: set[str]) -> None:
        self._tensors = dict(tensors)
        self._fields: dict[str, ReceptiveField | None] = {name: ReceptiveField() for name in inputs}
        # Why the shape of a tensor is unknown.
        self._hidden: dict[str, str] = {}
        # What a node of low precision gives back to floating point.
        self._dequantised: set[str] = set()

    def operations(self, nodes: Sequence[Any]) -> Iterator[NetworkOperation]:
        """The operations of some nodes, in order."""
        for node in nodes:
            if node.op_type == "Constant":
                self._note_constant(node)
            if node.op_type == "DequantizeLinear":
                self._dequantised.update(node.output)
            found = self._operation(node)
            if found is not None:
                yield found
            for graph in subgraphs(node):
                yield from _inside(node, graph)

    def _operation(self, node: Any) -> NetworkOperation | None:
        came = [self._fields[name] for name in node.input if name in self._fields]
        field = joined(came) if came else None
        self._note_hidden(node)
        read = [self._tensors[name] for name in node.input if name in self._tensors]
        output = self._tensors.get(node.output[0]) if node.output else None
        sizes = [one.bytes for one in read] + [output.bytes if output else None]
        found = NetworkOperation(
            _name(node), OperationKind.OTHER, node.op_type,
            None if output is None else output.shape, None,
            None if None in sizes else sum(size for size in sizes if size is not None),
            sum(one.numel or 0 for one in read if one.is_stored and one.is_float),
        )  # fmt: skip
        if reader := self._reader(node.op_type):
            found, field = reader(node, found, field)
        if came:
            for name in node.output:
                self._fields[name] = field
        if node.op_type in _LEFT_OUT or not came:
            return None
        return replace(found, receptive_field=None if field is None else field.size)

    def _reader(self, operator: str) -> Callable[[Any, NetworkOperation, Any], tuple[NetworkOperation, Any]] | None:
        if operator in _CONVOLUTIONS:
            return self._convolution
        if operator in _ELEMENTWISE:
            return _elementwise
        if operator in _POOLS:
            return _pooling
        if operator in _WHOLE_POOLS:
            return self._whole_pooling
        return self._dense if operator in _DENSE else None

    def _note_constant(self, node: Any) -> None:
        for one in node.attribute:
            if one.name == "value":
                self._tensors[node.output[0]] = OnnxTensor(tuple(one.t.dims), one.t.data_type, is_stored=True)

    def _note_hidden(self, node: Any) -> None:
        """Remember the first operator behind which shapes are unknown."""
        for name in node.output:
            known = self._tensors.get(name)
            if known is None or known.shape is None:
                before = next((self._hidden[one] for one in node.input if one in self._hidden), None)
                domain = f"{node.domain}." if node.domain else ""
                self._hidden[name] = before or f"{domain}{node.op_type} ({_name(node)}) has no shape inference"

    def _shape(self, name: str) -> tuple[int, ...] | str:
        """The shape of a tensor, or why it is unknown."""
        known = self._tensors.get(name)
        if known is None or known.shape is None:
            return f"the shape of {name} is unknown: {self._hidden.get(name, 'the file does not have it')}"
        return known.shape

    def _convolution(self, node: Any, found: NetworkOperation, field: Any) -> tuple[NetworkOperation, Any]:
        found = replace(found, kind=OperationKind.CONVOLUTION)
        weight_name = node.input[_WEIGHT.get(node.op_type, 1)]
        x, weight = self._shape(node.input[0]), self._shape(weight_name)
        for shape in (x, weight):
            if isinstance(shape, str):
                how = "; simplify the model, or write the shape into its value_info"
                return replace(found, reason=shape + how), None
        assert isinstance(x, tuple)
        assert isinstance(weight, tuple)
        sizes = _sizes(node, x, weight)
        output = found.output_shape or _output(sizes)
        refused = _REFUSED.get(node.op_type) or (_QUANTISED if weight_name in self._dequantised else None)
        macs, problem = sizes.macs(output), refused or sizes.problem()
        dtype = self._tensors[node.input[0]].dtype
        if refused is None and dtype not in PRECISIONS:
            problem = f"its type is unknown: only {', '.join(PRECISIONS)} are measured"
        biases = math.prod(output) if sizes.bias else 0
        found = replace(found, output_shape=output, macs=macs, flops=2 * macs + biases)
        kernel, stride, dilation = (plane(values) for values in (sizes.weight[2:], sizes.stride, sizes.dilation))
        if sizes.is_transposed or field is None or kernel is None or stride is None or dilation is None:
            field = None
        else:
            field = field.after(kernel, stride, dilation)
        if isinstance(problem, str):
            return replace(found, reason=problem), field
        assert dtype is not None
        return replace(found, problem=problem, precision=PRECISIONS[dtype]), field

    def _dense(self, node: Any, found: NetworkOperation, _: Any) -> tuple[NetworkOperation, Any]:
        found = replace(found, kind=OperationKind.DENSE)
        left = self._shape(node.input[0])
        if isinstance(left, str) or found.output_shape is None:
            return found, None
        inner = left[0] if attributes(node).get("transA") else left[-1]
        macs, outputs = inner * math.prod(found.output_shape), math.prod(found.output_shape)
        return replace(found, macs=macs, flops=2 * macs + outputs * (len(node.input) > 2)), None

    def _whole_pooling(self, node: Any, found: NetworkOperation, _: Any) -> tuple[NetworkOperation, Any]:
        read = self._shape(node.input[0])
        flops = None if isinstance(read, str) else math.prod(read)
        return replace(found, kind=OperationKind.POOLING, flops=flops), None


def _elementwise(node: Any, found: NetworkOperation, field: Any) -> tuple[NetworkOperation, Any]:
    kind, each = _ELEMENTWISE[node.op_type]
    shape = found.output_shape
    flops = None if each is None or shape is None else each * math.prod(shape)
    return replace(found, kind=kind, flops=flops), field


def _pooling(node: Any, found: NetworkOperation, field: Any) -> tuple[NetworkOperation, Any]:
    given = attributes(node)
    kernel = given["kernel_shape"]
    ones = (1,) * len(kernel)
    flops = None if found.output_shape is None else math.prod(kernel) * math.prod(found.output_shape)
    window, steps, gaps = (plane(v) for v in (kernel, given.get("strides", ones), given.get("dilations", ones)))
    found = replace(found, kind=OperationKind.POOLING, flops=flops)
    if field is None or window is None or steps is None or gaps is None:
        return found, None
    return found, field.after(window, steps, gaps)


def _inside(node: Any, graph: Any) -> Iterator[NetworkOperation]:
    """The convolutions of a graph inside a node: how often they run is not known before it does."""
    for one in graph.node:
        if one.op_type in _CONVOLUTIONS:
            yield NetworkOperation(
                f"{_name(node)}/{_name(one)}", OperationKind.CONVOLUTION, one.op_type, None, None, None, 0,
                reason=f"inside {node.op_type} ({_name(node)}): whether and how often it runs is unknown",
            )  # fmt: skip
        for deeper in subgraphs(one):
            yield from _inside(one, deeper)


def _sizes(node: Any, x: tuple[int, ...], weight: tuple[int, ...]) -> ConvolutionSizes:
    given, axes = attributes(node), len(weight) - 2
    stride, dilation = given.get("strides", (1,) * axes), given.get("dilations", (1,) * axes)
    return ConvolutionSizes(
        x, weight, stride, _pads(given, x, weight, stride, dilation), dilation, given.get("group", 1),
        len(node.input) > (8 if node.op_type == "QLinearConv" else 2) and node.op_type != "ConvInteger",
        node.op_type == "ConvTranspose",
    )  # fmt: skip


def _pads(
    given: Mapping[str, Any],
    x: tuple[int, ...],
    weight: tuple[int, ...],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> tuple[tuple[int, int], ...]:
    """(before, after) on each axis, with auto_pad worked out: the least padding for ⌈n/stride⌉ outputs."""
    axes, how = len(weight) - 2, given.get("auto_pad", "NOTSET")
    if how in ("NOTSET", ""):
        pads = given.get("pads", (0,) * 2 * axes)
        return tuple(zip(pads[:axes], pads[axes:], strict=True))
    if how == "VALID":
        return ((0, 0),) * axes
    found = []
    for axis in range(axes):
        size, span = x[2 + axis], (weight[2 + axis] - 1) * dilation[axis] + 1
        total = max(0, (-(-size // stride[axis]) - 1) * stride[axis] + span - size)
        less, more = total // 2, total - total // 2
        found.append((less, more) if how == "SAME_UPPER" else (more, less))
    return tuple(found)


def _output(sizes: ConvolutionSizes) -> tuple[int, ...]:
    """The shape of the output of an ordinary convolution that inference did not give."""
    space = [
        (size + sum(pads) - (kernel - 1) * gap - 1) // step + 1
        for size, pads, kernel, gap, step in zip(
            sizes.x[2:], sizes.pads, sizes.weight[2:], sizes.dilation, sizes.stride, strict=True
        )
    ]
    return (sizes.x[0], sizes.weight[0], *space)


def _name(node: Any) -> str:
    """The name of a node; without one, that of its first output."""
    return str(node.name or (node.output[0] if node.output else node.op_type))
