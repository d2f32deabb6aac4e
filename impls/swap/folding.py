"""Folds batch norms into the convolutions before them, where the network is seen to run one right after the other.

In eval mode a batch norm is y·s + t with s = γ/√(σ² + ε) and t = β − μ·s for each channel: the weights times s, and the
bias times s plus t, give the same result in one step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import torch
from torch import fx, nn


def foldable(network: nn.Module) -> tuple[list[tuple[str, str]], str | None]:
    """The names (convolution, batch norm) of all pairs that can be folded, and why none are, where tracing fails.

    A pair is folded if the batch norm takes the convolution's output, nothing else takes it, and each of the two is
    called once: torch.fx sees this from the module's code, without values.
    """
    try:
        graph = fx.Tracer().trace(network)
    except Exception as error:
        first = str(error).strip().split("\n")[0]
        return [], f"batch norms are not folded: torch.fx cannot follow the module's code ({first})"
    modules = dict(network.named_modules(remove_duplicate=False))
    calls = Counter(str(node.target) for node in graph.nodes if node.op == "call_module")
    found = []
    for node in graph.nodes:
        if node.op != "call_module" or not _is_batch_norm(modules[str(node.target)]):
            continue
        source = node.args[0] if node.args else None
        if not isinstance(source, fx.Node) or source.op != "call_module" or len(source.users) != 1:
            continue
        pair = str(source.target), str(node.target)
        is_single = all(calls[name] == 1 and _is_alone(network, modules[name]) for name in pair)
        if type(modules[pair[0]]) is nn.Conv2d and is_single:
            found.append(pair)
    return found, None


def fold(network: nn.Module, pairs: list[tuple[str, str]]) -> None:
    """Put folded convolutions, with weights of their own, in place of the pairs; batch norms become nn.Identity."""
    for convolution, norm in pairs:
        network.set_submodule(convolution, _folded(network.get_submodule(convolution), network.get_submodule(norm)))
        network.set_submodule(norm, nn.Identity())


def fusable(network: nn.Module) -> dict[str, str]:
    """The ReLU that follows each convolution and alone takes its output, by the convolution's name; none without fx.

    Batch norms must be folded before: each is an nn.Identity then.
    """
    try:
        graph = fx.Tracer().trace(network)
    except Exception:
        # `foldable` has said why.
        return {}
    modules = dict(network.named_modules(remove_duplicate=False))
    calls = Counter(str(node.target) for node in graph.nodes if node.op == "call_module")
    found = {}
    for node in graph.nodes:
        if node.op != "call_module" or type(modules[str(node.target)]) is not nn.ReLU:
            continue
        source = node.args[0] if node.args else None
        while isinstance(source, fx.Node) and _is_identity(source, modules):
            source = source.args[0] if len(source.users) == 1 and source.args else None
        if not isinstance(source, fx.Node) or source.op != "call_module" or len(source.users) != 1:
            continue
        pair = str(source.target), str(node.target)
        if all(calls[name] == 1 and _is_alone(network, modules[name]) for name in pair):
            found[pair[0]] = pair[1]
    return found


def _is_identity(node: fx.Node, modules: Mapping[str, nn.Module]) -> bool:
    return node.op == "call_module" and type(modules[str(node.target)]) is nn.Identity


def _is_batch_norm(module: nn.Module) -> bool:
    return type(module) is nn.BatchNorm2d and module.running_mean is not None and not _has_hooks(module)


def _is_alone(network: nn.Module, module: nn.Module) -> bool:
    """Whether the module has one name, and shares no parameter with another."""
    names = sum(part is module for _, part in network.named_modules(remove_duplicate=False))
    own = {id(one) for one in module.parameters()}
    shared = [part for part in network.modules() if part is not module and
              own & {id(one) for one in part.parameters(recurse=False)}]  # fmt: skip
    return names == 1 and not shared and not _has_hooks(module)


def _has_hooks(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks)


@torch.no_grad()
def _folded(convolution: nn.Module, norm: nn.Module) -> nn.Conv2d:
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    weight = convolution.weight
    # In float64: products and roots rounded once, when they are stored.
    scale = (norm.running_var.double() + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight.double()
    shift = -norm.running_mean.double() * scale
    if norm.bias is not None:
        shift = shift + norm.bias.double()
    if convolution.bias is not None:
        shift = shift + convolution.bias.double() * scale
    made = nn.Conv2d(
        convolution.in_channels, convolution.out_channels, convolution.kernel_size, convolution.stride,  # type: ignore[arg-type]
        convolution.padding, convolution.dilation, convolution.groups, True,  # type: ignore[arg-type]
        convolution.padding_mode, device="meta",
    )  # fmt: skip
    folded = (weight.double() * scale.view(-1, 1, 1, 1)).to(weight.dtype)
    made.weight = nn.Parameter(folded.contiguous(), requires_grad=False)
    made.bias = nn.Parameter(shift.to(weight.dtype), requires_grad=False)
    return made.eval()
