"""Changes two input values before every timed call on the CPU: a plan that remembers results is detected while timed.

Two elements of x change, in place and past torch's version counter: before the clock starts where a sample is one
call, within it, for a fraction of a microsecond a call, where a sample is many. A plan that remembers, by address,
version or checksum, returns a stale output. Convolution is linear: the truth about x with two elements changed is the
truth about x plus multiples of the responses to these elements.

The places are drawn for each visit, by no seed that a plan could know. Each place has a table of values of its own, and
the lengths of the tables have no common divisor: the pair of values repeats after a million calls.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from bench.gate.inputs import Inputs, other_values
from bench.gate.memory_order import memory_of, numpy_of, offset_of
from bench.gate.response import Index, Response
from bench.timing.clock import Prepared
from impls.interface import Case
from impls.oracle import Truth
from impls.problem import ConvProblem

# Random elements tried until an output reads one: with a stride, some elements are read by no output.
_TRIES = 64
# Values of each place; no common divisor.
_LENGTHS = (1024, 1021)
# The step of an input with the values that were drawn.
_DRAWN = -1


@dataclass(frozen=True, slots=True)
class _Place:
    """A changing element: where it is, its response, and its values, the drawn one last.

    `stored` are the values, `raw` the same as an assignment to the memory takes them.
    """

    index: Index
    response: Response
    stored: list[float]
    raw: list[float]

    @classmethod
    def of(cls, index: Index, response: Response, drawn: torch.Tensor, values: torch.Tensor) -> _Place:
        both = torch.cat([values, drawn.reshape(1)])
        return cls(index, response, both.double().tolist(), numpy_of(both).tolist())

    def at(self, step: int) -> int:
        """The number of the value at a step."""
        return len(self.raw) - 1 if step == _DRAWN else step % (len(self.raw) - 1)


class Poke:
    """The changing elements of a case's input, in any tensor that holds this input, whatever its layout.

    On the CPU only: on a device a change is a kernel of its own. There, and if no output reads the input, `indices` is
    empty and nothing changes; an input with one element that is read has one. `is_read` says whether an output reads
    the input, on any device. `seed` draws the places and values; by default the system does.
    """

    def __init__(self, case: Case, inputs: Inputs, seed: int | None = None) -> None:
        self._inputs = inputs
        self._steps = itertools.count()
        generator = torch.Generator().manual_seed(secrets.randbits(63) if seed is None else seed)
        self._places: list[_Place] = []
        # On a device places are drawn only to know whether an output reads the input.
        self.is_read = False
        if not inputs.x.numel():
            return
        if case.device != "cpu":
            self.is_read = _choose(case.problem, inputs.weight.cpu(), generator, ()) is not None
            return
        for length in _LENGTHS:
            found = _choose(case.problem, inputs.weight, generator, self.indices)
            if found is not None:
                index, response = found
                drawn = inputs.x.detach()[index]
                others = other_values(case, inputs, length + 1, generator)
                # No two calls in a row have the same input.
                self._places.append(_Place.of(index, response, drawn, others[others != drawn][:length]))
        self.is_read = bool(self._places)

    @property
    def indices(self) -> tuple[Index, ...]:
        """The places of the changing elements."""
        return tuple(place.index for place in self._places)

    def calling(
        self, run: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor
    ) -> tuple[Callable[[], torch.Tensor], list[int]]:
        """A call of `run` on x, dense, that changes the elements first, and a list for `known_at`.

        The list's one item is the step of the call: which values the elements have now.
        """
        at = [_DRAWN]
        if not self._places:
            return lambda: run(x), at
        # Assigning to a memoryview costs half as much as to an array.
        values: Any = memoryview(memory_of(x))
        step_of = self._steps.__next__
        # One place is written twice.
        first, second = self._places[0], self._places[-1]
        offset_1, raw_1, length_1 = offset_of(x, first.index), first.raw, len(first.raw) - 1
        offset_2, raw_2, length_2 = offset_of(x, second.index), second.raw, len(second.raw) - 1

        def change() -> None:
            at[0] = step = step_of()
            values[offset_1] = raw_1[step % length_1]
            values[offset_2] = raw_2[step % length_2]

        def call() -> torch.Tensor:
            at[0] = step = step_of()
            values[offset_1] = raw_1[step % length_1]
            values[offset_2] = raw_2[step % length_2]
            return run(x)

        return Prepared(change, partial(run, x), call), at

    def values_at(self, step: int) -> list[tuple[Index, float]]:
        """The places, with the values that they have at a step."""
        return [(place.index, place.stored[place.at(step)]) for place in self._places]

    @contextmanager
    def known_at(self, step: int) -> Iterator[Truth]:
        """The truth about the input at a step of `calling`, valid inside the block.

        The shared truth about the drawn input is changed in place and put back: a copy of it for each candidate would
        take longer than to judge it.
        """
        known = self._inputs.truth
        if step == _DRAWN or not self._places:
            yield known
            return
        before = [[p.response.read(y) for y in (known.y, known.scale)] for p in self._places]
        norms = known.norms.clone()
        try:
            for place in self._places:
                _change(known, place, step)
            # A few values among zeros are no random image: errors of transforms are not spread over it.
            is_random = known.is_random and known.largest_x > 0
            largest_x = max(known.largest_x, *(abs(value) for _, value in self.values_at(step)))
            yield replace(known, largest_x=largest_x, is_random=is_random)
        finally:
            known.norms.copy_(norms)
            for place, (y, scale) in reversed(list(zip(self._places, before, strict=True))):
                place.response.write(known.y, y)
                place.response.write(known.scale, scale)

    def restore(self, x: torch.Tensor) -> None:
        """Put the drawn values back into x."""
        for place in self._places:
            memory_of(x)[offset_of(x, place.index)] = place.raw[-1]


def _change(known: Truth, place: _Place, step: int) -> None:
    """Add the change of one place to the truth about the drawn input."""
    response, now, drawn = place.response, place.stored[place.at(step)], place.stored[-1]
    growth = max(0.0, abs(now) - abs(drawn))
    response.add(known.y, now - drawn, response.weights)
    response.add(known.scale, growth, response.weights.abs())
    # At most: the norm of the input grows by no more than its element does.
    channels = slice(response.first, response.first + len(response.filter_norms))
    known.norms[response.image, channels, 0, 0] += growth * response.filter_norms


def _choose(
    problem: ConvProblem, weight: torch.Tensor, generator: torch.Generator, taken: tuple[Index, ...]
) -> tuple[Index, Response] | None:
    """A random input element that an output reads and that is not taken, and how outputs change with it."""
    for _ in range(_TRIES):
        n, c, h, w = (int(torch.randint(size, (1,), generator=generator)) for size in problem.input_shape)
        response = Response.of(problem, weight, (n, c, h, w))
        if (n, c, h, w) not in taken and bool(response.weights.any()):
            return (n, c, h, w), response
    return None
