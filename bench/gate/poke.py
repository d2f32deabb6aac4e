"""One input value that is never twice the same: what remembers results is found out while it is timed.

Before every timed call one element of x changes, in place and past torch's version counter. A plan that recomputes pays
for it a fraction of a microsecond; one that remembers, by address, version or checksum, returns a stale output.
Convolution is linear, so the truth about x with one element changed is the truth about x plus a multiple of the
response to that element.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from bench.gate.inputs import Inputs
from impls.interface import Case
from impls.oracle import Truth, truth

# Tried for an element that some output sees: with a stride not all are seen.
_TRIES = 64


class Poke:
    """The changing element of a case's x. On the CPU only: on a device a change is a kernel of its own."""

    def __init__(self, case: Case, inputs: Inputs, seed: int) -> None:
        self._inputs = inputs
        self._values = torch.randn(1024, generator=torch.Generator().manual_seed(seed)).tolist()
        self._steps = 0
        self._flat = inputs.x.data.permute(_order(inputs.x)).view(-1) if case.device == "cpu" else None
        self._array = _as_array(self._flat)
        self.index: int | None = None
        if self._array is not None:
            self._choose(case, seed)

    def _choose(self, case: Case, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        impulse = torch.zeros_like(self._inputs.x)
        flat = impulse.permute(_order(impulse)).view(-1)
        for _ in range(_TRIES):
            index = int(torch.randint(flat.numel(), (1,), generator=generator))
            flat[index] = 1.0
            response = truth(case.problem, impulse, self._inputs.weight, None)
            flat[index] = 0.0
            if bool((response.y != 0).any()):
                self.index, self._response = index, response
                assert self._flat is not None
                self._original = float(self._flat[index])
                return

    def calling(self, run: Callable[[torch.Tensor], torch.Tensor]) -> tuple[Callable[[], torch.Tensor], list[float]]:
        """A call of `run` on x that changes the element first, and a list whose one item is its value now."""
        x, array, index, values = self._inputs.x, self._array, self.index, self._values
        at: list[float] = []
        if array is None or index is None:
            return lambda: run(x), at
        at.append(self._original)

        def call() -> torch.Tensor:
            self._steps += 1
            at[0] = array[index] = values[self._steps % 1024]
            return run(x)

        return call, at

    def truth_at(self, at: list[float]) -> Truth:
        """The truth about x with the element at the value that `calling` last gave it."""
        known = self._inputs.truth
        if not at:
            return known
        stored = torch.tensor(at[0], dtype=self._inputs.x.dtype).double()
        change = float(stored) - self._original
        grown = max(0.0, abs(float(stored)) - abs(self._original))
        return replace(known, y=known.y + change * self._response.y, scale=known.scale + grown * self._response.scale)

    def restore(self) -> None:
        """Put the drawn value back."""
        if self._array is not None and self.index is not None:
            self._array[self.index] = self._original


def _order(x: torch.Tensor) -> tuple[int, ...]:
    """The axes in the order in which they lie, so that a view is flat."""
    return (0, 1, 2, 3) if x.is_contiguous() else (0, 2, 3, 1)


def _as_array(flat: torch.Tensor | None):
    # NumPy's item assignment is ten times cheaper than torch's; it knows no bfloat16, and then nothing is poked.
    return flat.numpy() if flat is not None and flat.numel() and flat.dtype != torch.bfloat16 else None
