"""Reads what a user names as a network: a built-in one, a function that makes a module, or a file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cost.layer import LayerSet
from bench.errors import UsageError
from bench.networks.built_in import NETWORKS
from bench.networks.inputs import InputShape, input_shape, require_inputs
from bench.networks.listing import NetworkListing
from bench.networks.operation import NetworkOperation, OperationKind
from bench.sweep import layers as layer_files
from bench.worker.shared_settings import of_the_parent
from bench.worker.shared_state import undisturbed
from impls.errors import did_you_mean, in_one_line

if TYPE_CHECKING:
    import torch

_MOST_OPERATIONS = 100_000
ALLOWED = (
    f"allowed: {', '.join(NETWORKS)}, package.module:function that returns a torch.nn.Module, "
    f"an .onnx or .pt2 file, or a {layer_files.suffixes()} file of layers"
)


@dataclass(frozen=True, slots=True)
class NetworkTarget:
    """A network that was listed. `make` gives its module to run on `inputs`, None for a file without one.

    `file` is its ONNX file, None for everything else.
    """

    listing: NetworkListing
    inputs: tuple[InputShape, ...] = ()
    make: Callable[[], torch.nn.Module] | None = None
    file: Path | None = None


def read(target: str, inputs: Sequence[str] = (), *, trust: bool = False) -> NetworkTarget:
    """List the network that a text names, on inputs of shapes such as 1x3x224x224.

    `trust` allows .pt files, whose pickles can run code. Raises UsageError with what is allowed.
    """
    given = tuple(map(input_shape, inputs))
    path = Path(target)
    if target in NETWORKS:
        network = NETWORKS[target]
        return _module(target, network.make, given or (network.input,), is_ours=True)
    if path.suffix == ".onnx":
        from bench.networks.onnx_file import list_onnx

        listing = list_onnx(path, given)
        return NetworkTarget(listing, tuple(InputShape(shape) for shape in listing.inputs), file=path)
    if path.suffix in layer_files.SUFFIXES:
        return NetworkTarget(_of_layers(layer_files.read_file(path), given))
    if path.suffix == ".pt2":
        from bench.networks.exported import exported

        module, examples = exported(path)
        return _module(path.stem, lambda: module, given or examples)
    if path.suffix in (".pt", ".pth"):
        from bench.networks.exported import pickled

        with undisturbed(of_the_parent()):
            loaded = pickled(path, trust=trust)
        return _module(path.stem, lambda: loaded, given)
    if ":" in target:
        made = _made(target)
        return _module(target, lambda: made, given)
    raise UsageError(f"there is no network {target!r}{did_you_mean(target, NETWORKS)}; {ALLOWED}")


def _module(
    name: str, make: Callable[[], Any], inputs: tuple[InputShape, ...], *, is_ours: bool = False
) -> NetworkTarget:
    from bench.networks.module import list_module, require_plain

    require_inputs(name, inputs)
    if not is_ours:
        require_plain(make(), name)
    return NetworkTarget(list_module(name, make, inputs), inputs, make)


def _made(target: str) -> Any:
    """The module that the user's function returns. Raises UsageError."""
    import torch

    place, _, name = target.rpartition(":")
    with undisturbed(of_the_parent()):
        function = getattr(_imported(place, target), name, None)
        if function is None:
            raise UsageError(f"{place} has no {name!r}; allowed: the name of a function that returns a torch.nn.Module")
        try:
            made = function if isinstance(function, torch.nn.Module) else function()
        except Exception as error:
            raise UsageError(f"{target} failed: {in_one_line(error)}") from error
    if not isinstance(made, torch.nn.Module):
        raise UsageError(f"{target} returned {type(made).__name__}; allowed: a torch.nn.Module")
    return made


def _imported(place: str, target: str) -> Any:
    """The user's Python module, from the working directory too; `place` may be a .py file."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        if not place.endswith(".py"):
            return importlib.import_module(place)
        file = Path(place)
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None, "a file that ends in .py has a loader"
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Pickles and dataclasses look their module up by name.
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{target}: {place} cannot be imported: {in_one_line(error)}") from error
    return module


def _of_layers(layers: LayerSet, given: Sequence[InputShape]) -> NetworkListing:
    """A file of layers: convolutions alone, each as often as it occurs."""
    if given:
        raise UsageError(f"the sizes of {layers.name} are in its file; leave out --input")
    occurrences = sum(layer.count for layer in layers.layers)
    if occurrences > _MOST_OPERATIONS:
        raise UsageError(
            f"{layers.name} has {occurrences:,} layers, each as often as it occurs; allowed: {_MOST_OPERATIONS:,}"
        )
    operations = [
        NetworkOperation(
            layer.name, OperationKind.CONVOLUTION, "convolution", layer.problem.output_shape,
            layer.problem.direct_flops + layer.problem.outputs * layer.problem.bias, None,
            layer.problem.parameters, layer.problem.macs, layer.problem, layer.precision,
        )
        for layer in layers.layers
        for _ in range(layer.count)
    ]  # fmt: skip
    note = "a file of layers has convolutions only: other operations are not counted"
    left_out = [f"left out: {', '.join(layers.left_out)}"] if layers.left_out else []
    return NetworkListing(layers.name, tuple(operations), notes=(note, *left_out))
