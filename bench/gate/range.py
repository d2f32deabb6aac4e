"""Measures the range of an implementation: the scales of its operands at which it is right, and how far a NaN spreads.

Operands that are multiplied by a power of two have a result that is multiplied by its square, exactly, until a number
leaves the range of its type. So one truth serves all scales. Underflow is an error here, though the gate allows for it:
the question is where a result stops being as exact as the bounds say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from bench.gate.inputs import Inputs, draw, tensors
from bench.gate.judge import Expected, bounds_of, compare
from bench.gate.late_truth import LateTruth
from bench.gate.poke import Response
from impls.interface import Case, Implementation
from impls.modes import precision_mode
from impls.oracle import truth
from impls.planning import prepare
from impls.registry import get

# Parts of 1 that inputs are rounded to.
_PARTS = 16


@dataclass(frozen=True, slots=True)
class Reach:
    """The outputs that one bad input value reaches: rows and columns of an image at most, by any of its places.

    `is_least`: no more than those that read the value by definition, at every place. `crosses` images or groups of
    channels: it also reaches some that do not read it.
    """

    rows: int
    columns: int
    is_least: bool
    crosses: bool


@dataclass(frozen=True, slots=True)
class Scales:
    """The least and the greatest power of two, of x and weights alike, with right results; None if 1 gives none."""

    least: int | None
    greatest: int | None


def scales(implementation: Implementation, case: Case, seed: int) -> Scales:
    """The scales at which results on N(0, 1) data keep the bounds of their implementation, underflow excluded."""
    inputs = _drawn(case, seed)
    if not _is_right(implementation, case, inputs, 0):
        return Scales(None, None)
    return Scales(-_furthest(lambda k: _is_right(implementation, case, inputs, -k)),
                  _furthest(lambda k: _is_right(implementation, case, inputs, k)))  # fmt: skip


def possible_scales(case: Case, seed: int) -> Scales:
    """The scales at which the right result, rounded once, would keep the bound of a direct sum: those of the type."""
    inputs = _drawn(case, seed)
    return Scales(-_furthest(lambda k: _fits(case, inputs, -k)), _furthest(lambda k: _fits(case, inputs, k)))


def _furthest(is_right: Callable[[int], bool]) -> int:
    """The largest power for which this holds, by bisection: it holds up to some power, 0 at least."""
    right, wrong = 0, 1
    while is_right(wrong):
        right, wrong = wrong, 2 * wrong
    while wrong - right > 1:
        middle = (right + wrong) // 2
        right, wrong = (middle, wrong) if is_right(middle) else (right, middle)
    return right


def _drawn(case: Case, seed: int) -> Inputs:
    """N(0, 1) inputs rounded to sixteenths: few bits, so that they can be scaled exactly in 16 bits too."""
    x, weight, _ = (None if t is None else (t.double() * _PARTS).round().div(_PARTS).to(t.dtype)
                    for t in tensors(case, seed))  # fmt: skip
    assert x is not None
    assert weight is not None
    x_of_truth, weight_of_truth = x.clone(), weight.clone()
    late = LateTruth(lambda: truth(case.problem, x_of_truth, weight_of_truth, None))
    return Inputs(x.to(case.device), weight.to(case.device), None, late)


def _times(tensor: torch.Tensor, power: int) -> torch.Tensor:
    """The tensor in float64 times a power of two, which may be beyond the range of float64 itself."""
    # Four steps: a single factor could overflow.
    step = power // 4
    return tensor.double() * 2.0**step * 2.0**step * 2.0**step * 2.0 ** (power - 3 * step)


def _scaled(tensor: torch.Tensor, power: int) -> torch.Tensor | None:
    """The tensor times a power of two; None where that is not exact in its type."""
    scaled = _times(tensor, power).to(tensor.dtype)
    return scaled if torch.equal(_times(scaled, -power), tensor.double()) else None


def _is_right(implementation: Implementation, case: Case, inputs: Inputs, power: int) -> bool:
    x, weight = _scaled(inputs.x, power), _scaled(inputs.weight, power)
    if x is None or weight is None:
        return False
    with precision_mode(case):
        y = prepare(implementation, case, weight, None)(x)
    return _keeps(y, implementation, case, inputs, power)


def _keeps(y: torch.Tensor, implementation: Implementation, case: Case, inputs: Inputs, power: int) -> bool:
    back = _times(y.detach().cpu(), -2 * power)
    return compare(back, Expected.whole(inputs.truth), bounds_of(implementation, case), may_underflow=False).ok


def _fits(case: Case, inputs: Inputs, power: int) -> bool:
    if _scaled(inputs.x, power) is None or _scaled(inputs.weight, power) is None:
        return False
    y = _times(inputs.truth.y, 2 * power).to(inputs.x.dtype)
    return _keeps(y, get("direct"), case, inputs, power)


def reach(implementation: Implementation, case: Case, seed: int, bad: float) -> Reach:
    """How far one NaN or infinity in x spreads, at places on the diagonal of the first image's first channel."""
    inputs, p = draw(case, seed), case.problem
    with precision_mode(case):
        plan = prepare(implementation, case, inputs.weight, None)
        steps = max(p.size)
        rows, columns, is_least, crosses = 0, 0, True, False
        for step in range(steps):
            place = (0, 0, step % p.size[0], step % p.size[1])
            x = inputs.x.clone()
            x[place] = bad
            hit = ~torch.isfinite(plan(x).detach().cpu())
            response = Response.of(p, inputs.weight, place)
            least = torch.zeros(p.output_shape, dtype=torch.float64)
            response.add(least, 1.0, torch.ones_like(response.weights))
            is_least = is_least and torch.equal(hit, least > 0)
            own = hit[0, : p.out_channels // p.groups]
            rows = max(rows, _extent(own.any(dim=0).any(dim=1)))
            columns = max(columns, _extent(own.any(dim=0).any(dim=0)))
            crosses = crosses or bool(hit[1:].any()) or bool(hit[0, p.out_channels // p.groups :].any())
    return Reach(rows, columns, is_least, crosses)


def _extent(touched: torch.Tensor) -> int:
    """The length from the first to the last position that is True."""
    found = touched.nonzero()
    return int(found.max() - found.min()) + 1 if len(found) else 0
