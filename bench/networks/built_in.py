"""The networks by name, each with the function that makes it and the shape of its input."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.networks.inputs import InputShape

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class ZooNetwork:
    """A network that comes with convcost: its name, the function that makes it, and the input of its paper."""

    name: str
    module: str
    function: str
    input: InputShape

    @property
    def make(self) -> Callable[[], torch.nn.Module]:
        """The function that makes the module, with random weights. Loads torch."""
        found: Callable[[], torch.nn.Module] = getattr(importlib.import_module(self.module), self.function)
        return found


def _network(name: str, *shape: int, module: str = "") -> ZooNetwork:
    function = name.replace("-", "_")
    return ZooNetwork(name, f"bench.networks.zoo.{module or function}", function, InputShape((1, *shape)))


NETWORKS: dict[str, ZooNetwork] = {
    one.name: one
    for one in (
        _network("lenet-5", 1, 32, 32),
        _network("alexnet", 3, 227, 227),
        _network("vgg-16", 3, 224, 224),
        _network("googlenet", 3, 224, 224),
        _network("resnet-18", 3, 224, 224, module="resnet"),
        _network("resnet-50", 3, 224, 224, module="resnet"),
        _network("mobilenet-v1", 3, 224, 224),
        _network("separable", 3, 56, 56),
    )
}
