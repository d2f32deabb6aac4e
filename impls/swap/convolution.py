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
    epilogue: str | None = None

    @classmethod
    def of(
        cls, conv: torch.nn.Conv2d, implementation: str, keys: frozenset[InputKey], epilogue: str | None = None
    ) -> Self:
        """The layer `conv` by an implementation, with ReLU after it if it has this `epilogue`.

        Raises ConvError as `Conv2d.from_torch` does.
        """
        made = cls.from_torch(conv, implementation=implementation)
        assert isinstance(made, cls)
        made.keys, made.epilogue = keys, epilogue
        return made

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if key_of(input) in self.keys:
            return self._computed(input, self.epilogue)
        found: torch.Tensor = torch.nn.Conv2d.forward(self, input)
        return found if self.epilogue is None else found.relu_()

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", then {self.epilogue}" if self.epilogue else "")
