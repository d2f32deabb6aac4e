"""Makes a program of a network: batch norms folded, additions and ReLUs in the last write of the convolutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import fx, nn

from impls.errors import ConvError, in_one_line
from impls.interface import Case, Plan
from impls.modes import precision_mode
from impls.planning import prepare
from impls.registry import get
from impls.swap.convolution import SwappedConv2d, key_of
from impls.swap.folding import folded
from impls.swap.following import NotFollowed, modules_of
from impls.swap.fusing import Form, Fusion, fusions, unchanged
from impls.swap.measuring import TORCH
from impls.swap.observing import case_of, why_not_swapped
from impls.swap.pooling import dtype_name, pooling_of
from impls.swap.program import PlanSource, Program
from impls.swap.steps import CallStep, ConvolutionStep, PoolingStep, ProgramStep, ValuePlace, attribute

# Whose changes torch counts, and whose elements are in memory as torch says.
_PLAIN = (torch.Tensor, nn.Parameter)


@dataclass(frozen=True, slots=True)
class _Convolution:
    """A convolution as it was called: its layer, its case without what is fused, and who computes it."""

    layer: str
    module: nn.Conv2d
    case: Case
    implementation: str


def program_of(network: nn.Module, graph: fx.Graph, inputs: Sequence[Any], layout: str) -> Program:
    """The program of a network, `graph`, for inputs like these, which lie in `layout`; it has recorded no run yet.

    Raises NotFollowed where the network's own code must run.
    """
    modules = modules_of(network)
    seen = _Observer(network, graph)
    try:
        with torch.no_grad():
            seen.run(*inputs)
    except Exception as error:
        raise NotFollowed(f"its operations cannot be run one by one ({in_one_line(error)})") from error
    found = fusions(graph, modules, set(seen.convolutions), seen.forms)
    return _Builder(network, modules, seen.convolutions, seen.forms, layout).program(graph, found)


class _Observer(fx.Interpreter):
    """Runs a network by torch, and notes the forms of all tensors, and the convolutions."""

    def __init__(self, network: nn.Module, graph: fx.Graph) -> None:
        super().__init__(network, graph=graph)
        self.forms: dict[fx.Node, Form] = {}
        self.convolutions: dict[fx.Node, _Convolution] = {}
        self._modules = modules_of(network)

    def run_node(self, n: fx.Node) -> Any:
        layer = self._modules.get(str(n.target)) if n.op == "call_module" else None
        if isinstance(layer, nn.Conv2d) and why_not_swapped(layer) is None:
            found = self._convolved(n, layer)
        else:
            found = super().run_node(n)
        if isinstance(found, torch.Tensor):
            self.forms[n] = (found.shape, found.dtype, found.device.type)
        return found

    def _convolved(self, node: fx.Node, layer: nn.Conv2d) -> torch.Tensor:
        (x,), _ = self.fetch_args_kwargs_from_env(node)
        if isinstance(x, torch.Tensor) and x.ndim == 4 and x.is_floating_point():
            is_known = isinstance(layer, SwappedConv2d) and key_of(x) in layer.keys
            name = layer.implementation if isinstance(layer, SwappedConv2d) and is_known else TORCH
            case = case_of(layer, x)
            if get(name).why_not(case) is None:
                self.convolutions[node] = _Convolution(str(node.target), layer, case, name)
        found: torch.Tensor = nn.Conv2d.forward(layer, x)
        return found


class _Builder:
    """Makes the steps of a program; plans that several steps share are made once."""

    def __init__(
        self,
        network: nn.Module,
        modules: Mapping[str, nn.Module],
        convolutions: Mapping[fx.Node, _Convolution],
        forms: Mapping[fx.Node, Form],
        layout: str,
    ) -> None:
        self._network, self._modules, self._layout = network, modules, layout
        self._convolutions, self._forms = convolutions, forms
        self._plans: dict[Any, Plan] = {}
        self._plan_bytes = 0
        self._sources: dict[tuple[int, str], PlanSource] = {}
        self._numbers: dict[fx.Node, int] = {}

    def program(self, graph: fx.Graph, found: Mapping[fx.Node, Fusion]) -> Program:
        self._numbers = {node: number for number, node in enumerate(graph.nodes)}
        inside = {node for fusion in found.values() for node in fusion.inside}
        steps: list[ProgramStep] = []
        inputs, output = [], None
        for node in graph.nodes:
            if node.op == "placeholder":
                inputs.append(self._numbers[node])
            elif node.op == "output":
                output = self._placed(node.args[0])
            elif node in found:
                steps.append(self._convolution(found[node]))
            elif (same := unchanged(node, self._modules)) is not None:
                self._numbers[node] = self._numbers[same]
            elif node not in inside:
                steps.append(self._pooling(node) or self._call(node))
        return Program(steps, inputs, output, list(self._sources.values()), self._plan_bytes)

    def _placed(self, argument: Any) -> Any:
        # Typed as if it made arguments of a graph.
        placed: Any = fx.map_arg
        return placed(argument, lambda node: ValuePlace(self._numbers[node]))

    def _convolution(self, fusion: Fusion) -> ConvolutionStep:
        own = self._convolutions[fusion.convolution]
        case = own.case
        if fusion.norm is not None:
            case = replace(case, problem=replace(case.problem, bias=True))
        x = fusion.convolution.args[0]
        assert isinstance(x, fx.Node)
        return ConvolutionStep(
            own.layer, own.implementation, case, self._plan(own, case, fusion), self._numbers[fusion.result],
            self._numbers[x], None if fusion.residual is None else self._numbers[fusion.residual], fusion.norm,
        )  # fmt: skip

    def _plan(self, own: _Convolution, case: Case, fusion: Fusion) -> Plan:
        key = (own.layer, fusion.norm, case, fusion.epilogue)
        if key not in self._plans:
            norm = None if fusion.norm is None else self._modules[fusion.norm]
            self._note(own.module, norm)
            weight, bias = folded(own.module, norm)
            try:
                with torch.no_grad(), precision_mode(case):
                    plan = prepare(get(own.implementation), case, weight, bias, fusion.epilogue)
            except ConvError as error:
                raise NotFollowed(f"{own.layer} cannot be planned ({in_one_line(error)})") from error
            packed_bytes = (plan.work or get(own.implementation).work(case)).plan_bytes
            # A plan that packs nothing keeps the folded weights themselves.
            self._plan_bytes += packed_bytes or (0 if norm is None else weight.nbytes)
            self._plans[key] = plan
        return self._plans[key]

    def _note(self, convolution: nn.Conv2d, norm: nn.Module | None) -> None:
        """Remember what a plan is made of, as it is before it is made."""
        holders: list[tuple[nn.Module, Mapping[str, torch.Tensor | None], tuple[str, ...]]] = [
            (convolution, convolution._parameters, ("weight", "bias"))
        ]
        if norm is not None:
            holders += [(norm, norm._parameters, ("weight", "bias")),
                        (norm, norm._buffers, ("running_mean", "running_var"))]  # fmt: skip
        for module, holder, names in holders:
            for name in names:
                tensor = holder.get(name)
                if tensor is None:
                    continue
                if type(tensor) not in _PLAIN or tensor.is_inference():
                    raise NotFollowed("torch counts no changes of its weights")
                source = PlanSource.of(holder, name, tensor, is_read=module is convolution)
                self._sources.setdefault((id(holder), name), source)

    def _pooling(self, node: fx.Node) -> PoolingStep | None:
        sizes = pooling_of(node, self._modules, self._forms) if self._layout == "nhwc" else None
        if sizes is None:
            return None
        from impls.cpu.pooling.plan import max_pooling

        x = node.args[0]
        assert isinstance(x, fx.Node)
        (x_shape, dtype, _), y_shape = self._forms[x], self._forms[node][0]
        write = max_pooling(x_shape, y_shape, dtype_name(dtype), **sizes)
        return PoolingStep(write, x_shape, y_shape, dtype, self._numbers[node], self._numbers[x])

    def _call(self, node: fx.Node) -> CallStep:
        target: Any = node.target
        if node.op == "call_module":
            call: Any = self._modules[target]
        elif node.op == "call_method":
            call = partial(_method, target)
        elif node.op == "get_attr":
            call = partial(attribute, self._network, target)
        else:
            call = target
        named = {name: self._placed(value) for name, value in node.kwargs.items()}
        arguments = () if node.op == "get_attr" else tuple(self._placed(node.args))
        return CallStep(call, arguments, named, self._numbers[node])


def _method(name: str, own: Any, *arguments: Any, **named: Any) -> Any:
    return getattr(own, name)(*arguments, **named)
