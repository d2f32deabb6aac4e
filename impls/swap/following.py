"""Follows a network's code by torch.fx: which operations it calls in which order, where values decide nothing.

The code runs once, on placeholders and on a copy of the modules, so that what it does besides stays without effect.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import fx, nn
from torch.nn.modules.module import _global_forward_hooks, _global_forward_pre_hooks

from impls.errors import ConvError, in_one_line
from impls.layer import Conv2d

# Of torch's own, called with every module.
_hooks_of_all = (_global_forward_hooks, _global_forward_pre_hooks)


class NotFollowed(Exception):
    """Why a network runs by its own code: a sentence without its end."""


class _Tracer(fx.Tracer):
    """Takes our layers, like torch's own, as one operation."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, Conv2d) or super().is_leaf_module(m, module_qualified_name)


def followed(network: nn.Module, inputs: Sequence[Any]) -> fx.Graph:
    """The operations of a network on these inputs. Raises NotFollowed where its own code must run.

    While the code runs on placeholders, torch.fx changes how all modules of the process are called.
    """
    if not all(isinstance(x, torch.Tensor) for x in inputs):
        raise NotFollowed("an input is no tensor")
    require_no_hooks(network)
    traced = shared_copy(network)
    try:
        graph = _Tracer().trace(traced)
    except Exception as error:
        raise NotFollowed(f"torch.fx cannot follow the module's code ({in_one_line(error)})") from error
    places = [str(node.target) for node in graph.nodes if node.op == "placeholder"]
    if len(places) != len(inputs) or any(place.startswith("*") for place in places):
        raise NotFollowed(f"its forward takes {', '.join(places) or 'nothing'}, and the example gives other arguments")
    if _keeps_values(traced):
        raise NotFollowed("its code keeps values of one call in attributes")
    for node in graph.nodes:
        if node.op == "get_attr" and not _has(network, str(node.target)):
            raise NotFollowed("its code makes tensors that depend on no input")
    return graph


def modules_of(network: nn.Module) -> Mapping[str, nn.Module]:
    """All modules by all of their names, as operations call them."""
    return dict(network.named_modules(remove_duplicate=False))


def has_hooks(module: nn.Module) -> bool:
    """Whether a call of the module calls something else, too."""
    return bool(module._forward_hooks or module._forward_pre_hooks)


def require_no_hooks(network: nn.Module) -> None:
    """Check that hooks are only those of single operations, called with them. Raises NotFollowed."""
    if any(_hooks_of_all):
        raise NotFollowed("torch has hooks of all modules")
    tracer = _Tracer()
    for name, module in network.named_modules():
        if has_hooks(module) and (module is network or not tracer.is_leaf_module(module, name)):
            raise NotFollowed(f"{name or 'the whole module'} has hooks")


def hooks_of(network: nn.Module) -> list[Mapping[int, Any]]:
    """All that holds the hooks of a network's modules: what they hold may change, these stay."""
    own = [(module._forward_hooks, module._forward_pre_hooks) for module in network.modules()]
    return [*_hooks_of_all, *(hooks for both in own for hooks in both)]


def shared_copy(model: nn.Module) -> nn.Module:
    """A copy of the modules that has the same parameters and buffers. Raises ConvError where there can be none."""
    tensors = (*model.parameters(), *model.buffers())
    memo: dict[int, Any] = {id(one): one for one in tensors}
    try:
        return copy.deepcopy(model, memo)
    except Exception as error:
        raise ConvError(
            f"model cannot be copied ({in_one_line(error)}), and it is not changed itself; give it a __deepcopy__"
        ) from error


def _keeps_values(traced: nn.Module) -> bool:
    return any(isinstance(one, fx.Proxy) for module in traced.modules() for one in _kept(vars(module)))


def _kept(values: Mapping[str, Any]) -> Iterator[Any]:
    """The values of attributes, and those in containers."""
    for value in values.values():
        yield value
        if isinstance(value, (list, tuple, set)):
            yield from value
        elif isinstance(value, Mapping):
            yield from value.values()


def _has(network: nn.Module, target: str) -> bool:
    part: Any = network
    for name in target.split("."):
        if not hasattr(part, name):
            return False
        part = getattr(part, name)
    return True
