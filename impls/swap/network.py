"""The network that `impls.optimize` returns, with its choice and its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from impls.errors import ConvError
from impls.swap.choice import SwapChoice
from impls.swap.proof import LayerProof


@dataclass(frozen=True, slots=True)
class SwapProof:
    """The proof of a swapped network on its example: each layer, and the whole output against the original's.

    `output_rms` is the rms difference of the outputs over the rms of the original's, at most `output_limit`: the sum of
    the relative errors that the layers may have, each passed on in full.
    """

    layers: tuple[LayerProof, ...]
    output_rms: float
    output_limit: float


class OptimizedNetwork(nn.Module):
    """A network whose convolutions run chosen implementations; made by `impls.optimize`.

    `choice` can be saved and used again; `proof` says how far its results are from right ones; `notes` are sentences
    on layers that stay with torch, and on batch norms that are not folded. For inputs of other sizes torch computes.
    """

    def __init__(self, network: nn.Module, choice: SwapChoice, notes: tuple[str, ...]) -> None:
        super().__init__()
        self.network = network
        self.choice = choice
        self.notes = notes
        self.proof: SwapProof | None = None
        super().train(False)

    def forward(self, *inputs: Any) -> Any:
        """The network's result. Raises ConvError for an input that requires a gradient while these are recorded."""
        if torch.is_grad_enabled() and any(isinstance(x, torch.Tensor) and x.requires_grad for x in inputs):
            raise ConvError("an input requires a gradient, and only the forward pass exists; call it under no_grad()")
        with torch.no_grad():
            return self.network(*(laid_out(x, self.choice.layout) for x in inputs))

    def train(self, mode: bool = True) -> OptimizedNetwork:
        """Eval mode only. Raises ConvError for training."""
        if mode:
            raise ConvError("an optimized network has eval mode only; train the original, and optimize it again")
        return self


def laid_out(x: Any, layout: str) -> Any:
    """An image in a layout; other inputs as they are."""
    if not (isinstance(x, torch.Tensor) and x.ndim == 4):
        return x
    form = torch.channels_last if layout == "nhwc" else torch.contiguous_format
    return x.contiguous(memory_format=form)
