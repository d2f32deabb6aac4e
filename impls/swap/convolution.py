"""A layer that runs a chosen plan for the sizes it was chosen for, and torch for all others."""

from __future__ import annotations

from typing import Self, TypeAlias

import torch

from impls.layer import Conv2d

# Shape, type, device and whether it lies in nchw: all that a plan is chosen for.
InputKey: TypeAlias = "tuple[tuple[int, ...], torch.dtype, str, bool]"


def key_of(x: torch.Tensor) -> InputKey:
    """The key of an input."""
    return tuple(x.shape), x.dtype, x.device.type, x.is_contiguous()


class SwappedConv2d(Conv2d):
    """torch.nn.Conv2d computed by the named implementation on inputs of known keys, and by torch on others.

    It shares its parameters with the layer that it was made from, and plans anew after they have changed.
    """

    keys: frozenset[InputKey] = frozenset()

    @classmethod
    def of(cls, conv: torch.nn.Conv2d, implementation: str, keys: frozenset[InputKey]) -> Self:
        """The layer `conv` by an implementation. Raises ConvError as `Conv2d.from_torch` does."""
        made = cls.from_torch(conv, implementation=implementation)
        assert isinstance(made, cls)
        made.keys = keys
        return made

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if key_of(input) in self.keys:
            return super().forward(input)
        found: torch.Tensor = torch.nn.Conv2d.forward(self, input)
        return found
