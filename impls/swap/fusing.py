"""Finds what follows a convolution and can be part of it: a batch norm, the addition of another map, a ReLU.

Each takes the result of the one before it, and nothing else does.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import fx, nn

from impls.epilogue import Epilogue
from impls.swap.folding import is_foldable
from impls.swap.following import has_hooks

# Shape, type and device of a tensor.
Form: TypeAlias = "tuple[torch.Size, torch.dtype, str]"

_ADD, _ADD_TO_FIRST = (operator.add, torch.add, "add"), (operator.iadd, "add_")
_RELU = (torch.relu, torch.relu_, F.relu, "relu", "relu_")
# In eval mode these return what they are given.
_NOTHING = (nn.Identity, nn.Dropout, nn.Dropout2d)


@dataclass(frozen=True, slots=True)
class Fusion:
    """A convolution with what its plan does as well; `result` is the operation whose result its kernel writes.

    `inside` are the operations from the convolution to the result.
    """

    convolution: fx.Node
    result: fx.Node
    norm: str | None
    residual: fx.Node | None
    epilogue: Epilogue
    inside: tuple[fx.Node, ...]


def fusions(
    graph: fx.Graph, modules: Mapping[str, nn.Module], convolutions: set[fx.Node], forms: Mapping[fx.Node, Form]
) -> dict[fx.Node, Fusion]:
    """What each of the convolutions does as well, by its result.

    Of two convolutions that are added, the later one adds the other's result, which is there by then.
    """
    order = {node: number for number, node in enumerate(graph.nodes)}
    taken: set[fx.Node] = set()
    found = {}
    for node in reversed(list(graph.nodes)):
        if node in convolutions:
            fusion = _fusion(node, modules, forms, taken)
            if _is_early(fusion, order, modules):
                fusion = Fusion(node, node, None, None, Epilogue(), (node,))
            taken.update(fusion.inside)
            found[fusion.result] = fusion
    return found


def _fusion(
    node: fx.Node, modules: Mapping[str, nn.Module], forms: Mapping[fx.Node, Form], taken: set[fx.Node]
) -> Fusion:
    norm: str | None = None
    residual: fx.Node | None = None
    has_relu = False
    inside = [node]
    while (user := _only_user(inside[-1])) is not None and user not in taken:
        at, module = inside[-1], modules.get(str(user.target)) if user.op == "call_module" else None
        if module is not None and has_hooks(module):
            break
        added = _added(user, at)
        if unchanged(user, modules) is not None:
            pass
        elif module is not None and is_foldable(module) and norm is None and residual is None and not has_relu:
            norm = str(user.target)
        elif added is not None and residual is None and not has_relu and forms.get(added) == forms.get(node):
            residual = added
        elif not has_relu and _is_relu(user, module):
            has_relu = True
        else:
            break
        inside.append(user)
    return Fusion(node, inside[-1], norm, residual, Epilogue(residual is not None, has_relu), tuple(inside))


def unchanged(node: fx.Node, modules: Mapping[str, nn.Module]) -> fx.Node | None:
    """The node whose result an operation returns as it is; None for one that does anything."""
    module = modules[str(node.target)] if node.op == "call_module" else None
    if type(module) not in _NOTHING or module is None or module.training or has_hooks(module):
        return None
    given = node.args[0] if len(node.args) == 1 and not node.kwargs else None
    return given if isinstance(given, fx.Node) else None


def _only_user(node: fx.Node) -> fx.Node | None:
    """The operation that alone takes the result of `node`, as one argument of its own."""
    if len(node.users) != 1:
        return None
    (user,) = node.users
    times = sum(one is node for one in user.args)
    return user if times == 1 and user.op != "output" and node not in user.kwargs.values() else None


def _added(user: fx.Node, at: fx.Node) -> fx.Node | None:
    """What `user` adds to the result of `at`; None where it does anything else, or changes something else."""
    if user.op not in ("call_function", "call_method") or len(user.args) != 2 or user.kwargs:
        return None
    first, second = user.args
    if user.target not in _ADD and not (user.target in _ADD_TO_FIRST and first is at):
        return None
    other = second if first is at else first
    return other if isinstance(other, fx.Node) else None


def _is_relu(user: fx.Node, module: nn.Module | None) -> bool:
    return type(module) is nn.ReLU if module is not None else user.target in _RELU


def _is_early(fusion: Fusion, order: Mapping[fx.Node, int], modules: Mapping[str, nn.Module]) -> bool:
    """Whether something between the convolution and its result may change, in place, what the kernel reads.

    The kernel runs where the result was made, later than the convolution in the network's code.
    """
    first, last = order[fusion.convolution], order[fusion.result]
    between = (node for node, number in order.items() if first < number < last and node not in fusion.inside)
    return any(_changes_in_place(node, modules) for node in between)


def _changes_in_place(node: fx.Node, modules: Mapping[str, nn.Module]) -> bool:
    if node.op == "call_module":
        return bool(getattr(modules[str(node.target)], "inplace", False))
    if node.op not in ("call_function", "call_method"):
        return False
    name: str = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    of_operator = getattr(node.target, "__module__", "") == "_operator" and name.startswith(("i", "set"))
    is_told = any(one is True for one in (node.kwargs.get("inplace"), *node.args[1:])) or "out" in node.kwargs
    return name.endswith("_") or of_operator or is_told
