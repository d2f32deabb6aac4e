"""Draws the inputs of a case and computes the float64 truth about them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from bench.gate.data import DEFAULT, KINDS, Data, is_kind
from bench.gate.own_tensors import read
from impls.interface import Case
from impls.oracle import Truth, truth
from impls.tensors import dtype_of, in_layout

# The second input: whole numbers up to this, times a power of two up to 2^±20; in 16 bits, with fewer exponents, 2^±3.
_LARGEST_INTEGER = 4
_MOST_POWER, _MOST_POWER_OF_FP16 = 20, 3
# Powers of two left free below the largest number of the running sum: transforms magnify (impls.cook_toom.growth).
_FREE_POWERS = 16
# Draws for each different value: most of sparse data are the same one.
_TRIES_A_VALUE = 16


@dataclass(frozen=True, slots=True)
class Inputs:
    """Fresh tensors of a case on its device, the truth about them, and how they were drawn."""

    x: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor | None
    truth: Truth
    data: Data = Data()  # noqa: RUF009


def draw(case: Case, seed: int, data: Data = Data()) -> Inputs:  # noqa: B008
    """Inputs of a kind, the same for the same seed on any machine, or the user's own, and their float64 result.

    Raises UsageError for own tensors that do not fit.
    """
    x, weight, bias = tensors(case, seed, data)
    known = replace(truth(case.problem, x, weight, bias), is_random=data.is_random)
    on_device = None if bias is None else bias.to(case.device)
    return Inputs(x.to(case.device), weight.to(case.device), on_device, known, data)


def tensors(
    case: Case,
    seed: int,
    data: Data = Data(),  # noqa: B008
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """x, weight and bias, still on the CPU. Raises UsageError for own tensors that do not fit."""
    p, dtype = case.problem, dtype_of(case)
    data.require_unchanged()
    generator = torch.Generator().manual_seed(seed)
    # Drawn in this order for every kind: so all of them share their random numbers.
    normal = [_normal(shape, generator) for shape in (p.input_shape, p.weight_shape, (p.out_channels,))]
    x = _of(data.x, normal[0], generator, case) if is_kind(data.x) else read(data.x, case, "input", p.input_shape)
    if data.weights is not None and not is_kind(data.weights):
        weight = read(data.weights, case, "weights", p.weight_shape)
    else:
        weight = _weights_of(data, normal[1], generator, case)
    return in_layout(x, case.layout), weight, normal[2].to(dtype) if p.bias else None


def _of(kind: str, normal: torch.Tensor, generator: torch.Generator, case: Case) -> torch.Tensor:
    """Values of x of a kind, in the type of the case."""
    dtype = dtype_of(case)
    drawn: torch.Tensor = KINDS[kind].x(normal, generator, float(torch.finfo(dtype).tiny))
    return drawn.to(dtype)


def _weights_of(data: Data, normal: torch.Tensor, generator: torch.Generator, case: Case) -> torch.Tensor:
    """Weights of their own kind, else by the rule of x's kind, else N(0, 1)."""
    dtype = dtype_of(case)
    named = data.weights if data.weights is not None else data.x
    kind = KINDS.get(named)
    rule = None if kind is None else kind.weights
    if rule is not None:
        return rule(normal, generator, float(torch.finfo(dtype).tiny)).to(dtype)
    return normal.to(dtype) if data.weights is None else _of(data.weights, normal, generator, case)


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def other_values(case: Case, inputs: Inputs, number: int, generator: torch.Generator) -> torch.Tensor:
    """At most `number` different values for one element of x, of the distribution of x, none the same as another.

    Of own tensors, values that they have. A kind with few values, such as zeros, is filled up with normal numbers of
    its size: a value that comes back would let a plan remember its result.
    """
    normal = _normal((_TRIES_A_VALUE * number,), generator)
    if is_kind(inputs.data.x):
        drawn = _of(inputs.data.x, normal, generator, case)
    else:
        elements = inputs.x.detach().reshape(-1).cpu()
        drawn = elements[torch.randint(elements.numel(), (len(normal),), generator=generator)]
    drawn = _different(drawn)
    if len(drawn) < number:
        size = float(inputs.x.abs().max()) or 1.0
        more = (_normal((number,), generator) * size).to(drawn.dtype)
        drawn = _different(torch.cat([drawn, more]))
    # Unique values are sorted.
    return drawn[torch.randperm(len(drawn), generator=generator)[:number]]


def _different(values: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = torch.unique(values[torch.isfinite(values)])
    return found


def redraw(case: Case, inputs: Inputs, seed: int, *others: torch.Tensor) -> Truth:
    """Write new values into x in place, and into other tensors of its shape, and return their truth.

    They are small whole numbers, half of them 0, times a random power of two: a remembered result becomes wrong, and so
    does one that relies on the distribution or the size of the first input. Powers of two are exact, so that the error
    bounds of random data hold.
    """
    generator = torch.Generator().manual_seed(seed)
    shape = case.problem.input_shape
    whole = torch.randint(1, _LARGEST_INTEGER + 1, shape, generator=generator, dtype=torch.float64)
    signs = torch.randint(-1, 1, shape, generator=generator).mul_(2).add_(1)
    kept = torch.randint(0, 2, shape, generator=generator)
    power = _power(case, inputs.weight, generator)
    fresh = (whole * signs * kept * 2.0**power).to(inputs.x.dtype)
    for x in (inputs.x, *others):
        # Past the version counter: a plan that remembers results by it must not notice.
        x.data.copy_(fresh)
    known = truth(case.problem, fresh, inputs.weight, inputs.bias)
    return replace(known, is_random=replace(inputs.data, x=DEFAULT).is_random)


def _power(case: Case, weight: torch.Tensor, generator: torch.Generator) -> int:
    """A random power of two, not 0, for whole numbers whose result fits the types of the sums and of the result."""
    most = _MOST_POWER_OF_FP16 if case.precision == "fp16" else _MOST_POWER
    # An output is at most this.
    largest = _LARGEST_INTEGER * float(weight.detach().double().abs().sum(dim=(1, 2, 3)).max()) if weight.numel() else 0
    stored = torch.finfo(dtype_of(case)).max
    summed = stored if case.precision == "fp64" else torch.finfo(torch.float32).max
    room = min(math.log2(stored) - 1, math.log2(summed) - _FREE_POWERS) - math.log2(largest) if largest else most
    powers = [power for power in range(-most, most + 1) if power and power <= room]
    at = int(torch.randint(len(powers) or 1, (1,), generator=generator))
    return powers[at] if powers else math.floor(room)
