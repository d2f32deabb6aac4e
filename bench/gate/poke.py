"""Changes one input value before every timed call on the CPU: a plan that remembers results is detected while timed.

One element of x changes, in place and past torch's version counter: before the clock starts where a sample is one call,
within it, for some 0.06 µs a call, where a sample is many. A plan that remembers, by address, version or checksum,
returns a stale output. Convolution is linear: the truth about x with one element changed is the truth about x plus a
multiple of the response to that element.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from bench.gate.inputs import Inputs, other_values
from bench.timing.clock import Prepared
from impls.interface import Case
from impls.oracle import Truth
from impls.problem import ConvProblem

Index = tuple[int, int, int, int]

# Random elements tried until an output reads one: with a stride, some elements are read by no output.
_TRIES = 64
_VALUES = 1024


@dataclass(frozen=True, slots=True)
class Response:
    """The outputs that read one input element, and the weights that they multiply it by.

    `weights` (K/groups, rows, columns), float64, belongs to image `image`, output channels `first` and up, and the
    given output rows and columns; all other outputs are 0. `filter_norms` (K/groups) are the norms of the filters of
    those channels on the element's channel.
    """

    image: int
    first: int
    rows: torch.Tensor
    columns: torch.Tensor
    weights: torch.Tensor
    filter_norms: torch.Tensor

    @classmethod
    def of(cls, problem: ConvProblem, weight: torch.Tensor, index: Index) -> Response:
        """The response to element (n, c, h, w) of the input, by the definition of the convolution."""
        image, channel, row, column = index
        per_in, per_out = problem.in_channels // problem.groups, problem.out_channels // problem.groups
        group, own = divmod(channel, per_in)
        first = group * per_out
        taps_h, rows = _reading(problem, 0, row)
        taps_w, columns = _reading(problem, 1, column)
        filters = weight.detach()[first : first + per_out, own].to(device="cpu", dtype=torch.float64)
        norms = torch.linalg.vector_norm(filters, dim=(1, 2))
        return cls(image, first, rows, columns, filters[:, taps_h[:, None], taps_w], norms)

    def add(self, y: torch.Tensor, factor: float, weights: torch.Tensor) -> None:
        """Add `factor` · `weights` to the outputs (N, K, OH, OW) that read the element."""
        block = y[self.image, self.first : self.first + weights.shape[0]]
        block[:, self.rows[:, None], self.columns] += factor * weights


def _reading(problem: ConvProblem, axis: int, position: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The taps of one axis that meet an input position, and the output position of each."""
    found = []
    for tap in range(problem.kernel[axis]):
        offset = position + problem.padding[axis][0] - tap * problem.dilation[axis]
        output, remainder = divmod(offset, problem.stride[axis])
        if remainder == 0 and 0 <= output < problem.output_size[axis]:
            found.append((tap, output))
    taps, outputs = zip(*found, strict=True) if found else ((), ())
    return torch.tensor(taps, dtype=torch.long), torch.tensor(outputs, dtype=torch.long)


class Poke:
    """The changing element of a case's input, in any tensor that holds this input, whatever its layout.

    On the CPU only: on a device a change is a kernel of its own. There, and if no output reads the input, `index` is
    None and nothing changes.
    """

    def __init__(self, case: Case, inputs: Inputs, seed: int) -> None:
        self._known = inputs.truth
        generator = torch.Generator().manual_seed(seed)
        self._drawn = 0
        self.index: Index | None = None
        if case.device != "cpu" or not inputs.x.numel():
            return
        found = _choose(case.problem, inputs.weight, generator)
        if found is None:
            return
        self.index, self._response = found
        drawn = inputs.x.detach()[self.index].reshape(1)
        others = other_values(case, inputs, _VALUES, generator)
        # No two calls in a row have the same input. The drawn value stands after the values that take turns.
        values = torch.cat([others[others != drawn], drawn])
        self._drawn = len(values) - 1
        # Shared by all calls: no two in a row find the same value.
        self._steps = itertools.cycle(range(self._drawn))
        self._stored: list[float] = values.double().tolist()
        self._raw: list[float] = _numpy(values).tolist()

    def calling(
        self, run: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor
    ) -> tuple[Callable[[], torch.Tensor], list[int]]:
        """A call of `run` on x, dense, that changes the element first, and a list for `truth_at`.

        The list's one item says which value the element has now.
        """
        at = [self._drawn]
        if self.index is None:
            return lambda: run(x), at
        array, offset, raw = _memory(x), _offset(x, self.index), self._raw
        # Assigning to a memoryview costs half as much as to an array.
        values: Any = memoryview(array)
        step = self._steps.__next__

        def change() -> None:
            at[0] = now = step()
            values[offset] = raw[now]

        def call() -> torch.Tensor:
            at[0] = now = step()
            values[offset] = raw[now]
            return run(x)

        return Prepared(change, partial(run, x), call), at

    def truth_at(self, at: list[int]) -> Truth:
        """The truth about the input with the element at the value that `calling` last gave it."""
        if self.index is None or at[0] == self._drawn:
            return self._known
        now, drawn = self._stored[at[0]], self._stored[self._drawn]
        known, response, growth = self._known, self._response, max(0.0, abs(now) - abs(drawn))
        y, scale, norms = known.y.clone(), known.scale.clone(), known.norms.clone()
        response.add(y, now - drawn, response.weights)
        response.add(scale, growth, response.weights.abs())
        # At most: the norm of the input grows by no more than its element does.
        channels = slice(response.first, response.first + len(response.filter_norms))
        norms[response.image, channels, 0, 0] += growth * response.filter_norms
        # One value among zeros is no random image: errors of transforms are not spread over it.
        is_random = known.is_random and known.largest_x > 0
        largest_x = max(known.largest_x, abs(now))
        return replace(known, y=y, scale=scale, norms=norms, largest_x=largest_x, is_random=is_random)

    def restore(self, x: torch.Tensor) -> None:
        """Put the drawn value back into x."""
        if self.index is not None:
            _memory(x)[_offset(x, self.index)] = self._raw[self._drawn]


def _choose(problem: ConvProblem, weight: torch.Tensor, generator: torch.Generator) -> tuple[Index, Response] | None:
    """A random input element that an output reads, and how outputs change with it."""
    for _ in range(_TRIES):
        n, c, h, w = (int(torch.randint(size, (1,), generator=generator)) for size in problem.input_shape)
        response = Response.of(problem, weight, (n, c, h, w))
        if bool(response.weights.any()):
            return (n, c, h, w), response
    return None


def _offset(x: torch.Tensor, index: Index) -> int:
    """The place of an element in the memory of x, from its first element on."""
    return sum(at * stride for at, stride in zip(index, x.stride(), strict=True))


def _memory(x: torch.Tensor) -> Any:
    """The elements of a dense tensor in the order of its memory, as a NumPy array that shares it."""
    return _numpy(x.data.as_strided((x.numel(),), (1,), x.storage_offset()))


def _numpy(flat: torch.Tensor) -> Any:
    # An item is assigned at a tenth of its cost in torch. NumPy knows no bfloat16, memoryview no float16: bits.
    return (flat.view(torch.int16) if flat.element_size() == 2 else flat).numpy()
