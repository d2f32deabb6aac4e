"""Lists the operations of an ONNX file by shape inference; its weights are not read.

The file is data: nothing in it is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.errors import UsageError
from bench.networks.inputs import EXAMPLE, InputShape
from bench.networks.listing import NetworkListing
from bench.networks.onnx_nodes import OnnxGraph
from bench.networks.onnx_tensors import OnnxTensor, tensor_of_initializer, tensor_of_value

# Protobuf reads no message that is longer.
_LARGEST_BYTES = 2**31 - 1


def list_onnx(path: Path, inputs: Sequence[InputShape]) -> NetworkListing:
    """List an ONNX file; `inputs` take the place of the shapes of its inputs, in order.

    Raises UsageError where the package onnx is missing, for a file that is damaged or too large, and for inputs without
    sizes. A convolution whose shape cannot be inferred is listed as not covered, with the operator that hides it.
    """
    model = _loaded(path)
    graph = model.graph
    stored = {one.name for one in graph.initializer}
    taken = [one for one in graph.input if one.name not in stored]
    _set_inputs(path, graph, taken, inputs)
    notes = list(_notes(path, graph))
    try:
        import onnx

        model = onnx.shape_inference.infer_shapes(model, check_type=False, strict_mode=False, data_prop=True)
    except Exception as error:
        # Shapes that the file itself has are used.
        notes.append(f"shapes were not inferred: {_first_line(error)}")
    read = OnnxGraph(_tensors(model.graph), {one.name for one in taken})
    operations = tuple(read.operations(model.graph.node))
    if not operations:
        raise UsageError(f"{path} has no operations: it is empty or damaged; export it again")
    shapes = tuple(_shape_of(one) or () for one in taken)
    parameters = sum(one.numel or 0 for one in map(tensor_of_initializer, model.graph.initializer) if one.is_float)
    return NetworkListing(path.stem, operations, shapes, parameters, None, tuple(notes))


def _loaded(path: Path) -> Any:
    """The model, with its functions written out."""
    if not path.is_file():
        raise UsageError(f"{path} is not there; allowed: a file that ends in .onnx")
    size = path.stat().st_size
    if size > _LARGEST_BYTES:
        raise UsageError(
            f"{path} has {size / 2**30:.1f} GiB, and a file of this kind can have 2 GiB; save its weights beside it: "
            "onnx.save(model, path, save_as_external_data=True)"
        )
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise UsageError(f"{path} needs a package that is not installed; type: pip install 'convcost[onnx]'") from error
    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise UsageError(f"{path} is damaged, or no ONNX file: {_first_line(error)}; export it again") from error
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    return model


def _set_inputs(path: Path, graph: Any, taken: Sequence[Any], inputs: Sequence[InputShape]) -> None:
    """Give the graph's inputs their sizes. Raises UsageError for a wrong number, and for sizes that stay unknown."""
    if inputs and len(inputs) != len(taken):
        names = ", ".join(one.name for one in taken)
        raise UsageError(f"{path} takes {len(taken)} inputs ({names}), and --input is given {len(inputs)} times")
    for value, given in zip(taken, inputs, strict=False):
        dims = value.type.tensor_type.shape.dim
        known = [dim.dim_value for dim in dims]
        if len(known) != len(given.shape):
            raise UsageError(
                f"--input {given.text}: {value.name} of {path} has {len(known)} dimensions, as in {_written(value)}"
            )
        for dim, size in zip(dims, given.shape, strict=True):
            dim.dim_value = size
        if tuple(known) != given.shape:
            # What the file says of later shapes is of other inputs.
            del graph.value_info[:]
            for output in graph.output:
                output.type.tensor_type.ClearField("shape")
    for value in taken:
        if _shape_of(value) is None:
            raise UsageError(f"{path}: its input {value.name} has sizes that are not fixed, {_written(value)}; "
                             f"give them, as in {EXAMPLE}")  # fmt: skip


def _shape_of(value: Any) -> tuple[int, ...] | None:
    return tensor_of_value(value).shape


def _written(value: Any) -> str:
    return "x".join(str(dim.dim_value or dim.dim_param or "?") for dim in value.type.tensor_type.shape.dim)


def require_weights(path: Path) -> None:
    """Raise UsageError for a file of weights that is not there: a network without weights cannot run."""
    for name in _missing_weights(path, _loaded(path).graph):
        raise UsageError(f"{path} cannot run: its file of weights {name} is missing; put it into {path.parent}")


def _notes(path: Path, graph: Any) -> Iterator[str]:
    """A sentence on files of weights that are not there: layers are listed without them."""
    for name in _missing_weights(path, graph):
        yield f"the file of weights {name} is missing; the layers are listed without it"
        return


def _missing_weights(path: Path, graph: Any) -> Iterator[str]:
    for one in graph.initializer:
        for entry in one.external_data:
            if entry.key == "location" and not (path.parent / entry.value).is_file():
                yield entry.value


def _tensors(graph: Any) -> dict[str, OnnxTensor]:
    """Every tensor of the graph whose type is known, by name."""
    values = (*graph.value_info, *graph.input, *graph.output)
    found = {one.name: tensor_of_value(one) for one in values if one.type.HasField("tensor_type")}
    return found | {one.name: tensor_of_initializer(one) for one in graph.initializer}


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
