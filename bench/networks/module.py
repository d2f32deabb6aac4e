"""Lists the operations of a module as they are called: on fake tensors, which have shapes and no values.

Nothing is computed and nothing of the user's module is changed: a copy with fake parameters is called. Functional
calls, shared weights and control flow in Python are seen as they happen.
"""

from __future__ import annotations

import copy
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from bench.errors import UsageError
from bench.networks.calls import OperatorCall, operation, tensors_of
from bench.networks.inputs import InputShape
from bench.networks.listing import NetworkListing
from bench.networks.modes import in_eval_mode
from bench.networks.operation import NetworkOperation
from bench.networks.receptive import ReceptiveField

_WITHOUT_NAME = "model"
# Where the classes of layers are defined: torch's own, and those of a file of torch.export.
_LAYERS = ("torch.nn.modules", "torch.export.unflatten")


def list_module(name: str, make: Callable[[], torch.nn.Module], inputs: Sequence[InputShape]) -> NetworkListing:
    """List the module that `make` returns on inputs of these shapes, in eval mode.

    What was called before an error is listed, and `stopped` says why the rest is not. Raises UsageError if the first
    call of all failed, and for quantised and sparse weights.
    """
    with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True) as fake:
        module = _faked(make(), fake)
        names = LayerNames(module)
        record = OperatorRecording(names, module)
        stopped = None
        with in_eval_mode(module), names.watching():
            given = [torch.empty(one.shape, dtype=getattr(torch, one.dtype)) for one in inputs]
            record.begin_with(given)
            try:
                with record:
                    module(*given)
            except Exception as error:
                stopped = _why(error, names, inputs)
        parameters = sum(one.numel() for one in module.parameters())
    if stopped is not None and not record.operations:
        raise UsageError(f"{name}: {stopped}")
    shapes = tuple(one.shape for one in inputs)
    return NetworkListing(name, tuple(record.operations), shapes, parameters, stopped)


def require_plain(module: torch.nn.Module, name: str) -> None:
    """Raise UsageError for quantised and sparse weights, naming the layer."""
    for layer, part in module.named_modules():
        if "quantized" in type(part).__module__:
            raise UsageError(
                f"{name}: layer {layer or _WITHOUT_NAME} is quantised ({type(part).__name__}), and only floating-point "
                "convolutions are measured; give the model before its quantisation"
            )
        for weight, value in (*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)):
            if value.is_quantized or value.layout != torch.strided:
                kind = "quantised" if value.is_quantized else "sparse"
                place = f"{layer}.{weight}" if layer else weight
                raise UsageError(f"{name}: {place} is {kind}; allowed: dense floating-point weights, as by to_dense()")


def _faked(module: torch.nn.Module, fake: FakeTensorMode) -> torch.nn.Module:
    """A copy with fake parameters; the module itself where it has them already, or cannot be copied."""
    if any(isinstance(one, FakeTensor) for one in module.parameters()):
        return module
    memo: dict[int, Any] = {
        id(one): torch.nn.Parameter(fake.from_tensor(one), one.requires_grad) for one in module.parameters()
    }
    memo |= {id(one): fake.from_tensor(one) for one in module.buffers()}
    with suppress(Exception), warnings.catch_warnings():
        # Copies of fake tensors that a file of torch.export keeps; their memory is not used.
        warnings.simplefilter("ignore")
        return copy.deepcopy(module, memo)
    return module


class LayerNames:
    """The name of the innermost module that runs."""

    def __init__(self, module: torch.nn.Module) -> None:
        self._module = module
        self._running: list[tuple[str, torch.nn.Module]] = [(_WITHOUT_NAME, module)]
        self._functional: Counter[str] = Counter()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow every submodule by hooks, which are removed afterwards."""
        handles = []
        for name, part in self._module.named_modules():
            handles.append(part.register_forward_pre_hook(self._enter(name or _WITHOUT_NAME), prepend=True))
            handles.append(part.register_forward_hook(self._leave))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    @property
    def innermost(self) -> tuple[str, torch.nn.Module]:
        return self._running[-1]

    def of(self, operator: str) -> str:
        """The name for a call: that of its layer, or of the module whose forward calls a function, and the function."""
        name, module = self._running[-1]
        is_layer = type(module).__module__.startswith(_LAYERS) and not any(module.children())
        if is_layer:
            return name
        whole = operator if name == _WITHOUT_NAME else f"{name}:{operator}"
        self._functional[whole] += 1
        number = self._functional[whole]
        return whole if number == 1 else f"{whole}.{number}"

    def _enter(self, name: str) -> Callable[..., None]:
        def enter(module: torch.nn.Module, *_: Any) -> None:
            self._running.append((name, module))

        return enter

    def _leave(self, module: torch.nn.Module, *_: Any) -> None:
        # Modules that left by an exception, which their parent caught, are above this one.
        while len(self._running) > 1 and self._running.pop()[1] is not module:
            pass


class OperatorRecording(TorchDispatchMode):
    """Notes every operator below it, with parameters and receptive fields followed through views."""

    def __init__(self, names: LayerNames, module: torch.nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[NetworkOperation] = []
        self._names = names
        self._fields: dict[int, ReceptiveField | None] = {}
        self._parameters = {id(one): one.numel() for one in module.parameters()}
        # Fake tensors take no memory, and an object that is kept keeps its identity.
        self._alive: list[Any] = [*module.parameters()]

    def begin_with(self, inputs: Sequence[torch.Tensor]) -> None:
        """The inputs of the network: each value sees itself."""
        for one in inputs:
            self._fields[id(one)] = ReceptiveField()
            self._alive.append(one)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func.namespace == "aten" and func._can_decompose():
            # Under torch.inference_mode operators arrive whole.
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        result = func(*args, **kwargs)
        self._note(func, (*args, *kwargs.values()), result)
        return result

    def _note(self, function: Any, arguments: tuple[Any, ...], result: Any) -> None:
        read = tensors_of(arguments)
        fields = tuple(self._fields[id(one)] for one in read if id(one) in self._fields)
        parameters = sum({id(one): self._parameters.get(id(one), 0) for one in read}.values())
        call = OperatorCall(function, arguments, result, fields, parameters)
        made = tensors_of(result)
        found, field = operation(call, "")
        if found is not None and made:
            self.operations.append(replace(found, name=self._names.of(found.operator)))
        for one in made:
            self._alive.append(one)
            if fields:
                self._fields[id(one)] = field
            elif call.is_view and parameters:
                # A view of a parameter, such as the transposed weight of a dense layer.
                self._parameters[id(one)] = parameters


def _why(error: Exception, names: LayerNames, inputs: Sequence[InputShape]) -> str:
    """One sentence: the layer where listing stopped, why, and what to do."""
    layer, module = names.innermost
    where = f"listing stopped in {layer} ({type(module).__name__})"
    text = str(error).strip().split("\n")[0] or type(error).__name__
    if isinstance(error, DataDependentOutputException):
        return (
            f"{where}: what it does next depends on values, and nothing is computed here; "
            "give a model whose control flow depends on shapes only, or its part before that layer"
        )
    if isinstance(error, TypeError) and "argument" in text and layer == _WITHOUT_NAME:
        return f"the model takes other inputs ({text}); give one --input for each, in the order of its forward"
    shapes = ", ".join(one.text for one in inputs)
    return f"{where}: {text}; its input was {shapes}: give the right one by --input, as in --input 1x3x224x224"
