"""Runs a network once and notes what each of its convolutions is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from impls.errors import ConvError
from impls.functional import layout_of, precision_of
from impls.interface import Case
from impls.layer import Conv2d, require_plain
from impls.problem import ConvProblem
from impls.swap.convolution import InputKey, key_of

# What a watcher of a network is told of: the layer's name, the layer, its input and its output.
Seen = Callable[[str, nn.Conv2d, torch.Tensor, torch.Tensor], None]


@dataclass(frozen=True, slots=True)
class SwapCall:
    """One call of a convolution of a network: the name of its layer, its case, and the key of its input."""

    layer: str
    case: Case
    key: InputKey


def convolutions(network: nn.Module) -> dict[str, nn.Conv2d]:
    """The layers that can be swapped, by their first name: plain torch.nn.Conv2d with zero padding around."""
    return {name: part for name, part in network.named_modules() if why_not_swapped(part) is None
            and isinstance(part, nn.Conv2d)}  # fmt: skip


def why_not_swapped(part: nn.Module) -> str | None:
    """Why a convolution stays with torch; None where it can be swapped, and for other modules."""
    if not isinstance(part, nn.Conv2d):
        return None
    if type(part) not in (nn.Conv2d, Conv2d) and not isinstance(part, Conv2d):
        return f"it is a {type(part).__name__}, a class of its own"
    if part.padding_mode != "zeros":
        return f"it pads by {part.padding_mode}"
    try:
        require_plain(part)
    except ConvError as error:
        return str(error).partition(";")[0]
    return None


@contextmanager
def watching(network: nn.Module, seen: Seen) -> Iterator[None]:
    """Tell `seen` of every call of a convolution that can be swapped."""
    handles = []
    for name, part in convolutions(network).items():

        def hook(layer: Any, inputs: tuple[Any, ...], output: Any, name: str = name) -> None:
            seen(name, layer, inputs[0], output)

        handles.append(part.register_forward_hook(hook))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def calls_of(network: nn.Module, inputs: Sequence[Any]) -> list[SwapCall]:
    """Every call of a convolution that can be swapped, in order, each different one once."""
    found: dict[tuple[str, InputKey], SwapCall] = {}

    def seen(name: str, layer: nn.Conv2d, x: torch.Tensor, _: torch.Tensor) -> None:
        if x.ndim == 4 and x.is_floating_point():
            found.setdefault((name, key_of(x)), SwapCall(name, case_of(layer, x), key_of(x)))

    with torch.no_grad(), watching(network, seen):
        network(*inputs)
    return list(found.values())


def case_of(layer: nn.Conv2d, x: torch.Tensor) -> Case:
    """The case of a layer on an input."""
    padding: Any = layer.padding
    problem = ConvProblem.from_tensors(
        x, layer.weight, layer.bias, stride=layer.stride, padding=padding,  # type: ignore[arg-type]
        dilation=layer.dilation, groups=layer.groups,  # type: ignore[arg-type]
    )  # fmt: skip
    return Case(problem, precision_of(x.dtype), layout_of(x), x.device.type)
