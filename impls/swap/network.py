"""The network that `impls.optimize` returns, with its choice and its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import fx, nn

from impls.errors import ConvError
from impls.planning import PLANNING
from impls.swap.building import program_of
from impls.swap.choice import SwapChoice
from impls.swap.convolution import InputKey, key_of
from impls.swap.following import NotFollowed, followed, hooks_of, require_no_hooks
from impls.swap.program import Program, Watch
from impls.swap.proof import LayerProof
from impls.swap.steps import OtherSizes

# The number of torch's threads, and the numbers of hooks of all modules.
_MadeWith: TypeAlias = "tuple[int, tuple[int, ...]]"
# Made anew in copies and pickles.
_NOT_KEPT = ("_graph", "_program", "_made_with", "_refused", "_hooks")


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
    on layers that stay with torch, and on why nothing is fused.

    On inputs like the example it runs as a program (impls.swap.program): its code is followed once, so that batch
    norms are folded, additions and ReLUs are part of the convolutions before them, and all results share one block of
    memory. After a change of weights it is made anew. On other inputs, with hooks, and where the code cannot be
    followed, the network's own code runs, and for inputs of other sizes torch computes.
    """

    _graph: fx.Graph | None
    _program: Program | None
    _made_with: _MadeWith | None
    # The numbers of hooks with which the network cannot be followed (None: with any), and why.
    _refused: tuple[tuple[int, ...] | None, str] | None
    _hooks: list[Mapping[int, Any]] | None

    def __init__(self, network: nn.Module, choice: SwapChoice, notes: tuple[str, ...], inputs: Sequence[Any]) -> None:
        super().__init__()
        self.network = network
        self.choice = choice
        self.notes = notes
        self.proof: SwapProof | None = None
        self.keys = _keys_of([laid_out(x, choice.layout) for x in inputs])
        self._forget()
        super().train(False)

    def forward(self, *inputs: Any) -> Any:
        """The network's result. Raises ConvError for an input that requires a gradient while these are recorded."""
        if torch.is_grad_enabled() and any(isinstance(x, torch.Tensor) and x.requires_grad for x in inputs):
            raise ConvError("an input requires a gradient, and only the forward pass exists; call it under no_grad()")
        with torch.no_grad():
            laid = [laid_out(x, self.choice.layout) for x in inputs]
            program = self._program_for(laid)
            if program is not None:
                try:
                    return program(laid)
                except OtherSizes:
                    # Values decide sizes inside the network.
                    pass
            return self.network(*laid)

    def follow(self, inputs: Sequence[Any], watch: Watch | None = None) -> str | None:
        """Make the program of inputs like the example and run it once, telling `watch` of each step.

        Returns why the network's own code runs instead, None where it does not.
        """
        with torch.no_grad():
            self._forget()
            self._program_for([laid_out(x, self.choice.layout) for x in inputs], watch)
        if self.keys is None:
            return "an input is no tensor"
        return None if self._refused is None else self._refused[1]

    def refuse(self, why: str) -> None:
        """From now on the network's own code runs."""
        self._program, self._refused = None, (None, why)

    @property
    def program(self) -> Program | None:
        """The program that ran last; None where the network's own code runs."""
        return self._program

    def train(self, mode: bool = True) -> OptimizedNetwork:
        """Eval mode only. Raises ConvError for training."""
        if mode:
            raise ConvError("an optimized network has eval mode only; train the original, and optimize it again")
        return self

    def _program_for(self, inputs: Sequence[Any], watch: Watch | None = None) -> Program | None:
        """The program of these inputs, made anew where it must be; None where the network's own code must run."""
        if self.keys is None or _keys_of(inputs) != self.keys:
            return None
        hooks = self._hook_counts()
        if self._refused is not None and self._refused[0] in (None, hooks):
            return None
        made_with = (torch.get_num_threads(), hooks)
        program = self._current(made_with)
        if program is None:
            with PLANNING:
                program = self._current(made_with) or self._made(inputs, made_with, watch)
        return program

    def _current(self, made_with: _MadeWith) -> Program | None:
        program = self._program
        return program if program is not None and self._made_with == made_with and program.is_current() else None

    def _made(self, inputs: Sequence[Any], made_with: _MadeWith, watch: Watch | None) -> Program | None:
        # The old one's plans are as large as the new one's.
        self._program = None
        # Operations in place may change what they are given.
        copies = [x.clone() for x in inputs]
        try:
            if self._graph is None:
                self._graph = followed(self.network, copies)
            require_no_hooks(self.network)
            program = program_of(self.network, self._graph, copies, self.choice.layout)
            program.record([x.clone() for x in inputs], watch)
        except (NotFollowed, OtherSizes) as error:
            why = str(error) if isinstance(error, NotFollowed) else "sizes inside of it depend on values"
            self._refused = made_with[1], why
            return None
        self._program, self._made_with, self._refused = program, made_with, None
        return program

    def _hook_counts(self) -> tuple[int, ...]:
        if self._hooks is None:
            self._hooks = hooks_of(self.network)
        return tuple(map(len, self._hooks))

    def _forget(self) -> None:
        self._graph, self._program, self._made_with, self._refused, self._hooks = None, None, None, None, None

    def __getstate__(self) -> dict[str, Any]:
        # torch.nn.Module has none of its own: copies and pickles take its __dict__.
        return {name: value for name, value in self.__dict__.items() if name not in _NOT_KEPT}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._forget()


def _keys_of(inputs: Sequence[Any]) -> tuple[InputKey, ...] | None:
    """The keys of inputs; None where one is no tensor."""
    if not all(isinstance(x, torch.Tensor) for x in inputs):
        return None
    return tuple(key_of(x) for x in inputs)


def laid_out(x: Any, layout: str) -> Any:
    """An image in a layout; other inputs as they are."""
    if not (isinstance(x, torch.Tensor) and x.ndim == 4):
        return x
    form = torch.channels_last if layout == "nhwc" else torch.contiguous_format
    return x.contiguous(memory_format=form)
