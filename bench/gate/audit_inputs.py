"""Rewrites a whole input for an audit call, and judges the output of that call.

The fresh values are the input's own, drawn at random with replacement in short runs: their distribution, their zeros
and their signs stay, so that the time of an honest call stays too. Each audit begins at another place of the drawn
values. The truth is computed afterwards, at random outputs.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import torch

from bench.gate.inputs import Inputs
from bench.gate.judge import Expected, Judgement, judge_values
from bench.gate.memory_order import flat, offset_of
from bench.gate.poke import Poke
from impls.interface import Case, Implementation
from impls.oracle import Truth

# The most outputs judged of one audit call, the least, and the products to compute them where that leaves a choice.
_MOST_OUTPUTS, _LEAST_OUTPUTS = 256, 16
_PRODUCTS = 2**14
# The scales of a whole plane or image are those of the input as drawn: the others are like it, not equal.
_SLACK = 4.0
# Values drawn together: a seventh of the draws, and too short for results of whole rows to be used again.
_RUN = 7
_INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}


class AuditInputs:
    """The values of one input in memory order: as drawn, and those of audits."""

    def __init__(self, x: torch.Tensor, rng: random.Random) -> None:
        self._drawn = flat(x).clone()
        self._rng = rng
        self._fresh: torch.Tensor | None = None

    def write_fresh(self, x: torch.Tensor) -> int:
        """Write fresh values into x, and read them; returns the number that `values` needs."""
        fresh, size = self._pool(), x.numel()
        first = self._rng.randrange(size)
        memory = flat(x)
        memory[: size - first] = fresh[first:]
        memory[size - first :] = fresh[:first]
        _read(memory)
        return first

    def write_drawn(self, x: torch.Tensor, *, and_read: bool) -> None:
        """Write the values that were drawn, and read them if asked."""
        memory = flat(x)
        memory.copy_(self._drawn)
        if and_read:
            _read(memory)

    def holds_drawn(self, x: torch.Tensor) -> bool:
        """Whether x has the values that were drawn, bit by bit: NaN differs from NaN otherwise."""
        return _bits(flat(x)).equal(_bits(self._drawn))

    def values(self, first: int, places: torch.Tensor) -> torch.Tensor:
        """The values that `write_fresh` wrote to these places of the memory."""
        fresh = self._pool()
        return fresh[((places + first) % len(fresh)).to(fresh.device)].double().cpu()

    def _pool(self) -> torch.Tensor:
        if self._fresh is None:
            generator = torch.Generator().manual_seed(self._rng.getrandbits(63))
            runs = len(self._drawn) // _RUN
            chosen = torch.randint(runs, (runs,), generator=generator) if runs else torch.zeros(0, dtype=torch.long)
            chosen = chosen.to(self._drawn.device)
            drawn = self._drawn[: runs * _RUN].view(runs, _RUN)[chosen].flatten()
            self._fresh = torch.cat([drawn, self._drawn[runs * _RUN :]])
        return self._fresh


def _read(memory: torch.Tensor) -> None:
    """Read every value, by all threads: a call then finds its input in the caches as if an earlier call had read it."""
    _bits(memory).sum()


def _bits(values: torch.Tensor) -> torch.Tensor:
    """The same memory as integers."""
    return values.view(_INTEGERS[values.element_size()])


class AuditOutput:
    """Some outputs of an audit call, picked at random after it."""

    def __init__(self, case: Case, output: torch.Tensor, rng: random.Random) -> None:
        terms = max(1, case.problem.terms)
        number = max(_LEAST_OUTPUTS, min(_MOST_OUTPUTS, _PRODUCTS // terms))
        generator = torch.Generator().manual_seed(rng.getrandbits(63))
        self._places = tuple(torch.randint(size, (number,), generator=generator) for size in output.shape)
        self._values = output.detach()[tuple(axis.to(output.device) for axis in self._places)]

    def verdict(
        self, case: Case, inputs: Inputs, poke: Poke, step: int, implementation: Implementation, audit: AuditInputs,
        first: int,
    ) -> Judgement:  # fmt: skip
        """Whether the outputs are right for the input that `audit` wrote with number `first`, then poked at `step`."""
        at, inside = _inputs_read(case, self._places, inputs.x)
        x = audit.values(first, at)
        for index, value in poke.values_at(step):
            x[at == offset_of(inputs.x, index)] = value
        x[~inside] = 0.0
        kernels = self._places[1].to(inputs.weight.device)
        filters = inputs.weight.detach()[kernels].flatten(1).double().cpu()
        expected = _expected(x, filters, inputs, self._places)
        verdict = judge_values(self._values, expected, implementation, case)
        if verdict.ok:
            return verdict
        words = f"after its whole input was rewritten: {verdict.reason} (does it remember results?)"
        return replace(verdict, reason=words)


def _inputs_read(
    case: Case, places: tuple[torch.Tensor, ...], x: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """The places in memory of the inputs that each output reads, in the order of a filter, and which are no padding."""
    p = case.problem
    image, kernel, row, column = places
    per_in, per_out = p.in_channels // p.groups, p.out_channels // p.groups
    channels = (kernel // per_out * per_in)[:, None, None, None] + torch.arange(per_in)[:, None, None]
    rows = _along(p.stride[0], p.padding[0][0], p.dilation[0], p.kernel[0], row)[:, None, :, None]
    columns = _along(p.stride[1], p.padding[1][0], p.dilation[1], p.kernel[1], column)[:, None, None, :]
    inside = (rows >= 0) & (rows < p.size[0]) & (columns >= 0) & (columns < p.size[1])
    by_n, by_c, by_h, by_w = x.stride()
    at = image[:, None, None, None] * by_n + channels * by_c + rows * by_h + columns * by_w
    # Padding is read at place 0 and set to 0 afterwards.
    at = torch.where(inside, at, 0).flatten(1)
    return at, inside.expand(-1, per_in, -1, -1).flatten(1)


def _along(stride: int, padding: int, dilation: int, taps: int, outputs: torch.Tensor) -> torch.Tensor:
    """The input positions that the outputs read along one axis: (outputs, taps)."""
    return outputs[:, None] * stride - padding + torch.arange(taps) * dilation


def _expected(
    x: torch.Tensor, filters: torch.Tensor, inputs: Inputs, places: tuple[torch.Tensor, ...]
) -> Expected:  # fmt: skip
    """The right outputs for these input values, one line for each output, and loose scales of their errors."""
    kernel = places[1]
    bias = torch.zeros(len(kernel), dtype=torch.float64)
    if inputs.bias is not None:
        bias = inputs.bias.detach().cpu().double()[kernel]
    own = (x.abs() * filters.abs()).sum(dim=1) + bias.abs()
    known = inputs.truth

    @cache
    def scale(name: str) -> torch.Tensor:
        if name == "element":
            return own
        return torch.maximum(own, _of_kernel(known, name)[kernel])

    y, largest_x = (x * filters).sum(dim=1) + bias, max(known.largest_x, float(x.abs().max()))
    # A few values among zeros are no random image, as in Poke.known_at.
    is_random = known.is_random and known.largest_x > 0
    return Expected(y, bias, scale, largest_x, known.largest_weight, is_random, places, _SLACK)


def _of_kernel(known: Truth, name: str) -> torch.Tensor:
    """The largest scale of each output channel about the input as drawn."""
    scales = known.scale if name == "plane" else known.norms
    return scales.amax(dim=(0, 2, 3))
