"""A layer that runs a chosen plan for the sizes it was chosen for, and torch for all others."""

from __future__ import annotations

from typing import Self, TypeAlias

import torch

from impls.epilogue import NO_EPILOGUE, Epilogue
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
    epilogue: Epilogue = NO_EPILOGUE

    @classmethod
    def of(
        cls, conv: torch.nn.Conv2d, implementation: str, keys: frozenset[InputKey], epilogue: Epilogue = NO_EPILOGUE
    ) -> Self:
        """The layer `conv` by an implementation, with an `epilogue` without residual after it.

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
        return self.epilogue.applied(found)

    def extra_repr(self) -> str:
        return super().extra_repr() + (", then relu" if self.epilogue.has_relu else "")
